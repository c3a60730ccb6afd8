//! The shipped configurations.

use std::collections::BTreeSet;
use std::fs;

use vds_model::Convolution;
use vds_runner::config::{self, Dataset, HeadStatistics, Method, NetworkSizes, Protocol, Setting};

use crate::sandbox::configs;

fn shipped() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(configs())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_stem().unwrap().to_string_lossy().into_owned(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_file_is_valid_says_what_it_feeds_and_leaves_no_field_out() {
    let files = shipped();
    assert!(files.len() >= 7);
    for (name, text) in files {
        let config = config::load(name.as_ref(), &text, &[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config.file().name, name);
        let head: Vec<&str> = text.lines().take_while(|line| line.starts_with("//")).collect();
        let head = head.join(" ");
        assert!(
            head.contains("figure") || head.contains("table"),
            "{name}: the head names no figure or table"
        );
        let fields = |text: &str| -> BTreeSet<String> {
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let words = code.flat_map(|line| line.split([' ', '(', ',']));
            words
                .filter_map(|word| word.strip_suffix(':'))
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(fields(&text), fields(&config.to_ron()), "{name}");
    }
}

#[test]
fn no_shipped_configuration_selects_on_the_test_set() {
    for (name, text) in shipped() {
        let config = config::load(name.as_ref(), &text, &[]).unwrap();
        assert!(config.selection().protocol != Protocol::Paper, "{name}");
        assert_eq!(
            (config.method(), config.file().head_statistics),
            (Method::Ldn, HeadStatistics::PerDepth),
            "{name}"
        );
    }
}

#[test]
fn spirals_are_those_of_the_paper() {
    let (_, text) = shipped().into_iter().find(|(name, _)| name == "spirals").unwrap();
    let config = config::load("spirals".as_ref(), &text, &[]).unwrap();
    let expected = Dataset::Spirals {
        n: 2000,
        noise: 0.2,
        arms: 2,
        start_degrees: 0.0,
        stop_degrees: 720.0,
        train_fraction: 0.1,
    };
    assert_eq!(config.file().dataset, expected);
    assert_eq!((config.file().epochs, config.selection().patience), (8000, Some(500)));
}

fn convolution(setting: &str) -> Result<Convolution, String> {
    let (_, text) = shipped().into_iter().find(|(name, _)| name == "mnist").unwrap();
    let settings = [Setting::parse(setting).unwrap()];
    let config = config::load("mnist.ron".as_ref(), &text, &settings).map_err(|error| error.to_string())?;
    match config.file().network {
        NetworkSizes::Conv { convolution, .. } => Ok(convolution),
        NetworkSizes::Fc { .. } => panic!("{setting}"),
    }
}

#[test]
fn the_algorithm_of_the_convolutions_can_be_chosen() {
    let plain = "network=Conv(channels: 8, bottleneck_channels: 4)";
    assert_eq!(convolution(plain), Ok(Convolution::Winograd));
    assert_eq!(convolution("network.convolution=direct"), Ok(Convolution::Direct));
    let refusal = convolution("network.convolution=fft").unwrap_err();
    let expected = "network.convolution is fft, expected winograd or direct";
    assert!(refusal.ends_with(expected), "{refusal}");
}
