//! Rebuilds the embedded files of fashion-mnist-mini from the full Fashion-MNIST:
//! `cargo run -p vds-datasets --example make_fashion_mini -- DATA_FOLDER TARGET_FOLDER`.
//!
//! The first 500 training and 100 test images of each class, in file order, as gzip IDX files below a megabyte each.
//! Compressed bytes may differ between versions of the compressor, the payload does not.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use vds_datasets::{Examples, Lookup, catalogue, first_of_each_class, load};

/// Images of a file; 2,000 compress to about 900 kB.
const MAX_IMAGES: usize = 2_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(data), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("two arguments are needed: the data folder and the target folder".into());
    };
    let lookup = Lookup {
        data_dir: Some(PathBuf::from(data)),
        ..Lookup::default()
    };
    let target = PathBuf::from(target);
    let full = load(
        &catalogue::find("fashion-mnist")?,
        &lookup,
        &mut ChaCha8Rng::seed_from_u64(0),
    )?;
    let train = first_of_class(&full.train, 500);
    let test = first_of_class(&full.test, 100);
    let order: Vec<usize> = (0..train.len()).collect();
    for (number, part) in order.chunks(MAX_IMAGES).enumerate() {
        let name = format!("mini-train-images-{number}-idx3-ubyte.gz");
        write_images(&target.join(name), &train.select(part))?;
    }
    write_images(&target.join("mini-t10k-images-idx3-ubyte.gz"), &test)?;
    write_labels(&target.join("mini-train-labels-idx1-ubyte.gz"), &train)?;
    write_labels(&target.join("mini-t10k-labels-idx1-ubyte.gz"), &test)
}

fn first_of_class(examples: &Examples, n_per_class: usize) -> Examples {
    examples.select(&first_of_each_class(
        examples.labels(),
        examples.n_classes(),
        n_per_class,
    ))
}

fn write_images(path: &Path, examples: &Examples) -> Result<(), Box<dyn std::error::Error>> {
    let mut payload = vec![0, 0, 8, 3];
    for size in [examples.len(), 28, 28] {
        payload.extend(u32::try_from(size)?.to_be_bytes());
    }
    for index in 0..examples.len() {
        payload.extend(examples.pixels(index).ok_or("no images")?);
    }
    write_gzip(path, &payload)
}

fn write_labels(path: &Path, examples: &Examples) -> Result<(), Box<dyn std::error::Error>> {
    let mut payload = vec![0, 0, 8, 1];
    payload.extend(u32::try_from(examples.len())?.to_be_bytes());
    for label in examples.labels() {
        payload.push(u8::try_from(*label)?);
    }
    write_gzip(path, &payload)
}

/// Without name and time in the header, so that the same payload gives the same file.
fn write_gzip(path: &Path, payload: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
    let file = File::create(path)?;
    let mut encoder = GzBuilder::new().mtime(0).write(file, Compression::best());
    encoder.write_all(payload)?;
    encoder.finish()?.sync_all()?;
    Ok(())
}
