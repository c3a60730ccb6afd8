#![doc = include_str!("../README.md")]

pub mod catalogue;
mod checksum;
#[cfg(feature = "download")]
pub mod download;
mod embedded;
mod error;
mod examples;
pub mod idx;
mod import;
mod load;
mod lookup;
pub mod mat;
mod problem;
mod provenance;
mod random;
mod reader;
mod shape;
pub mod spirals;
mod split;
mod standardization;
mod stream;
mod view;

pub use catalogue::{Content, Dataset, DatasetFile, Part};
pub use checksum::Summed;
pub use error::{Error, Place, Result};
pub use examples::Examples;
pub use import::import;
pub use load::{FileReport, FileStatus, load, verify};
pub use lookup::Lookup;
pub use problem::{Position, Problem};
pub use provenance::{Location, Provenance, SourceFile, TrainTest};
pub use random::{shuffle, shuffled};
pub use shape::ExampleShape;
pub use spirals::SpiralsConfig;
pub use split::{Split, batches, first_of_each_class, stratified_split};
pub use standardization::Standardization;
pub use view::View;
