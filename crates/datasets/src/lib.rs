#![doc = include_str!("../README.md")]

pub mod catalogue;
mod checksum;
mod dataset;
#[cfg(feature = "download")]
pub mod download;
mod embedded;
mod error;
mod examples;
mod file;
mod fit;
mod format_error;
pub mod idx;
mod images;
mod import;
mod load;
mod lookup;
pub mod mat;
mod provenance;
mod random;
mod reader;
mod shape;
pub mod spirals;
mod split;
mod standardization;
mod stream;
mod verify;
mod view;

pub use checksum::Hashed;
pub use dataset::{Dataset, Entry, EntryFile, Part, Source};
pub use error::{Error, Result, SearchedFolder};
pub use examples::Examples;
pub use file::{Content, FileContent, open};
pub use format_error::{FormatError, Position};
pub use images::Images;
pub use import::import;
pub use load::load;
pub use lookup::Lookup;
pub use provenance::{Location, Origin, Provenance, SourceFile, TrainTest};
pub use random::{shuffle, shuffled};
pub use shape::ExampleShape;
pub use spirals::SpiralsConfig;
pub use split::{Split, batches, first_of_each_class, stratified_split};
pub use standardization::Standardization;
pub use verify::{FileReport, FileStatus, verify};
pub use view::View;
