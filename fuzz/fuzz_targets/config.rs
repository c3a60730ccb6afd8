//! The text of a configuration, and overrides.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vds_fuzz_checks::config::check(bytes);
});
