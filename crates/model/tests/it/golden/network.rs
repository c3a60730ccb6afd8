//! The network of a golden case; the tests of `vds-training` take this file, too.

use vds_model::{ConvConfig, Convolution, FcConfig, NetworkConfig};
use vds_testkit::golden::GoldenCase;

/// Sizes of the case's network.
pub(crate) fn network_config(case: &GoldenCase, convolution: Convolution) -> NetworkConfig {
    let (max_depth, n_classes) = (case.meta("D"), case.meta("classes"));
    let shape: Vec<usize> = case.meta("in_shape");
    match case.meta::<String>("kind").as_str() {
        "conv" => NetworkConfig::Conv(ConvConfig {
            in_channels: shape[0],
            height: shape[1],
            width: shape[2],
            channels: case.meta("outer"),
            bottleneck_channels: case.meta("inner"),
            n_classes,
            max_depth,
            convolution,
        }),
        "fc" => NetworkConfig::Fc(FcConfig {
            n_inputs: shape[0],
            width: case.meta("width"),
            n_classes,
            max_depth,
        }),
        other => panic!("{}: a network of unknown kind {other}", case.name()),
    }
}
