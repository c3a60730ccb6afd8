//! Class probabilities and labels.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vds_fuzz_checks::calibration::check(bytes);
});
