//! The shipped configurations, and the reference of all fields.

use std::fs;
use std::path::Path;

use expect_test::expect_file;
use vds_runner::config::{
    self, Config, DatasetConfig, EarlyStopping, HeadStatistics, Method, Metric, NetworkSizes, Override, Posterior,
    Schedule, Split,
};
use vds_variational::PruningRule;

use crate::sandbox::configs;

/// Name, text and meaning of every shipped configuration that is not a publication's.
fn shipped() -> Vec<(String, String, Config)> {
    in_folder(&configs())
}

fn in_folder(folder: &Path) -> Vec<(String, String, Config)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let config = config::load(&path, &text, &[]).unwrap_or_else(|error| panic!("{error}"));
            (path.file_stem().unwrap().to_string_lossy().into_owned(), text, config)
        })
        .collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

fn shipped_text(name: &str) -> String {
    fs::read_to_string(configs().join(name).with_extension("ron")).unwrap()
}

#[test]
fn config_names_are_those_of_the_files_and_the_head_names_an_experiment() {
    let files = shipped();
    assert!(files.len() >= 7);
    for (file, text, config) in files {
        assert_eq!(config.name(), file);
        let head: Vec<&str> = text.lines().take_while(|line| line.starts_with("// ")).collect();
        let words: Vec<&str> = head.iter().flat_map(|line| line.split([' ', ',', '.', ':'])).collect();
        let is_named = |word: &&str| ["figures", "table"].contains(word);
        assert!(
            words.iter().any(is_named),
            "{file}: the head does not say which figures or table it is for"
        );
    }
}

#[test]
fn config_of_no_experiment_selects_on_the_test_set() {
    for (name, _, config) in shipped() {
        assert!(config.early_stopping().split != Split::Test, "{name}");
        assert_eq!(
            (config.method(), config.file().head_statistics),
            (Method::Ldn, HeadStatistics::PerDepth),
            "{name}"
        );
    }
}

#[test]
fn config_of_the_publication_counts_and_selects_as_its_code() {
    let files = in_folder(&configs().join("published"));
    assert_eq!(files.len(), 4);
    for (file, _, config) in files {
        assert_eq!(config.name(), format!("published-{file}"));
        let (stopping, schedule) = (*config.early_stopping(), &config.file().optimizer.schedule);
        assert_eq!((config.file().ece_bins, config.file().batch_size), (10, 512));
        assert_eq!(
            (config.pruning_rule(), config.file().posterior.clone()),
            (PruningRule::PAPER, Posterior::Published)
        );
        assert_eq!(schedule.ldn, Schedule::Constant);
        assert!(stopping.restore_best);
        if file == "spirals" {
            // `i - best > 500` stops where 501 epochs have passed.
            assert_eq!((stopping.split, stopping.metric), (Split::None, Metric::TrainElbo));
            assert_eq!(stopping.patience, Some(501));
            continue;
        }
        assert_eq!((stopping.split, stopping.metric), (Split::Test, Metric::PublishedElbo));
        assert_eq!(stopping.patience, Some(31));
        assert_eq!(config.file().head_statistics, HeadStatistics::Shared);
        // `update_lr(i)` after the epoch with index 30: 31 epochs have the first rate.
        let expected = Schedule::Steps {
            at: vec![31],
            factor: 0.1,
        };
        assert_eq!(schedule.ddn, expected);
    }
}

#[test]
fn config_of_the_spirals_is_that_of_the_paper() {
    let config = config::load(Path::new("spirals.ron"), &shipped_text("spirals"), &[]).unwrap();
    let expected = DatasetConfig::Spirals {
        n: 2000,
        noise: 0.2,
        arms: 2,
        start_degrees: 0.0,
        stop_degrees: 720.0,
        train_fraction: 0.1,
    };
    assert_eq!(config.file().dataset, expected);
    assert_eq!(config.file().epochs, 8000);
    let expected = EarlyStopping {
        split: Split::None,
        metric: Metric::TrainElbo,
        restore_best: true,
        patience: Some(500),
    };
    assert_eq!(*config.early_stopping(), expected);
}

#[test]
fn config_can_choose_the_algorithm_of_the_convolutions() {
    let network = |setting: &str| {
        let overrides = [Override::parse(setting).unwrap()];
        let config = config::load(Path::new("mnist.ron"), &shipped_text("mnist"), &overrides);
        config.map(|config| config.file().network.clone())
    };
    let conv = |convolution| NetworkSizes::Conv {
        channels: 64,
        bottleneck_channels: 32,
        convolution,
    };
    use vds_model::Convolution::{Direct, Winograd};
    assert_eq!(network("network=Conv()"), Ok(conv(Winograd)));
    assert_eq!(network("network.convolution=direct"), Ok(conv(Direct)));
    let refusal = network("network.convolution=fft").unwrap_err().to_string();
    assert!(
        refusal.ends_with("network.convolution is fft, expected winograd or direct"),
        "{refusal}"
    );
}

/// `UPDATE_EXPECT=1 cargo test -p vds-runner --test it config` rewrites it.
#[test]
fn config_reference_in_the_documentation_is_that_of_the_table() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/CONFIGURATION.md");
    expect_file![page].assert_eq(&config::reference());
}
