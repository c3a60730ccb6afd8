//! Damaged configurations and checkpoints are refused or accepted, never a panic; what must hold is that of the fuzz targets.

use proptest::prelude::*;
use vds_fuzz_checks::{checkpoint, config};
use vds_runner::config::{Error, Override, load};
use vds_testkit::malformed::{cases, damaged, seeds};

use crate::sandbox::configs;

/// The shipped configurations, and the stored seeds.
fn config_seeds() -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(configs()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "ron"))
        .collect();
    files.sort();
    let shipped = files.iter().map(|path| std::fs::read(path).unwrap());
    shipped.chain(seeds("config")).collect()
}

#[test]
fn config_and_checkpoint_seeds_are_accepted() {
    assert!(config_seeds().iter().all(|seed| config::check(seed)));
    assert!(seeds("checkpoint").iter().all(|seed| checkpoint::check(seed)));
}

/// The number of parameters of such a network fits no integer.
#[test]
fn config_with_the_largest_sizes_is_refused_by_field() {
    for (network, fields) in [
        ("Fc(width: 18446744073709551615)", vec!["network.width"]),
        (
            "Conv(channels: 18446744073709551615, bottleneck_channels: 18446744073709551615)",
            vec!["network.channels", "network.bottleneck_channels"],
        ),
    ] {
        let text = std::fs::read_to_string(configs().join("mnist.ron")).unwrap();
        let overrides = [
            format!("network={network}"),
            "max_depth=18446744073709551615".to_owned(),
        ];
        let overrides = overrides.map(|text| Override::parse(&text).unwrap());
        let error = load("mnist.ron".as_ref(), &text, &overrides).unwrap_err();
        let Error::Invalid { problems, .. } = &error else {
            panic!("{error}");
        };
        for field in fields.into_iter().chain(["max_depth"]) {
            let start = format!("{field} is 18446744073709551615");
            let mut messages = problems.iter().map(|problem| &problem.message);
            assert!(messages.any(|message| message.starts_with(&start)), "{field}: {error}");
        }
    }
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn config_with_random_damage_is_accepted_or_refused(bytes in damaged(config_seeds())) {
        config::check(&bytes);
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn checkpoint_with_random_damage_is_accepted_or_refused(bytes in damaged(seeds("checkpoint"))) {
        checkpoint::check(&bytes);
    }
}
