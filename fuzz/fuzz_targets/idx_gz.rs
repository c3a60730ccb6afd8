//! A gzip IDX file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vds_fuzz::idx_gz::check(bytes);
});
