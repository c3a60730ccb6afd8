//! A MAT file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vds_fuzz::mat::check(bytes);
});
