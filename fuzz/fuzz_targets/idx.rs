//! An IDX file, as it is.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vds_fuzz_checks::idx::check(bytes);
});
