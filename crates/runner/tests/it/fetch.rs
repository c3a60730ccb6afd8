//! `vds data fetch`: the refusal of a program without downloads, and fetching from a server on the loopback interface.

#[cfg(not(feature = "download"))]
mod refused;
#[cfg(feature = "download")]
mod served;
#[cfg(feature = "download")]
mod server;
