//! A gzip IDX file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vds_fuzz_checks::idx_gz::check(bytes);
});
