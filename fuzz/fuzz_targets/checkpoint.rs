//! A checkpoint, as a file or as the state of a run.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vds_fuzz_checks::checkpoint::check(bytes);
});
