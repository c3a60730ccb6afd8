//! A safetensors file of a small network.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vds_fuzz_checks::weights::check(bytes);
});
