//! Writes the seeds of the fuzz targets, from the data sets and the shipped configurations:
//! `cargo run --manifest-path fuzz/Cargo.toml --example make_seeds -- DATA_FOLDER`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use dfdx::prelude::Cpu;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::{GzEncoder, ZlibEncoder};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use vds_datasets::mat::read_digits;
use vds_fuzz_checks::checkpoint;
use vds_fuzz_checks::weights::{CONFIG, EXTRA};
use vds_model::{Network, weights};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let data = std::env::args_os()
        .nth(1)
        .ok_or("an argument is needed: the data folder")?;
    let data = PathBuf::from(data);
    idx_seeds(&data)?;
    mat_seeds(&data)?;
    config_seeds()?;
    weights_seeds()?;
    write("checkpoint", "file", &checkpoint::seed_file())?;
    write("checkpoint", "state", &checkpoint::seed_state())?;
    calibration_seeds()
}

fn write(target: &str, name: &str, bytes: &[u8]) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus-seeds").join(target);
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join(name), bytes)?)
}

/// The first two images and sixteen labels of each test set.
fn idx_seeds(data: &Path) -> Result<()> {
    for dataset in ["mnist", "fashion-mnist"] {
        for (file, header, n, item) in [
            ("t10k-images-idx3-ubyte", 16, 2_u8, 28 * 28),
            ("t10k-labels-idx1-ubyte", 8, 16, 1),
        ] {
            let packed = fs::read(data.join(dataset).join(format!("{file}.gz")))?;
            let mut payload = Vec::new();
            MultiGzDecoder::new(&packed[..]).read_to_end(&mut payload)?;
            payload.truncate(header + usize::from(n) * item);
            payload[4..8].copy_from_slice(&u32::from(n).to_be_bytes());
            let name = format!("{dataset}-{file}");
            write("idx", &name, &payload)?;
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&payload)?;
            write("idx_gz", &format!("{name}.gz"), &encoder.finish()?)?;
            write("idx_gz", &format!("{name}.payload"), &[&[40, 0], &payload[..]].concat())?;
        }
    }
    Ok(())
}

/// The first two pictures of the synthetic test set, with its header, compressed as there and not.
fn mat_seeds(data: &Path) -> Result<()> {
    let path = data.join("svhn-like").join("test_32x32.mat");
    let digits = read_digits(&path)?.value.first(2)?;
    let header = &fs::read(path)?[..128];
    let mut pixels = Vec::new();
    for index in 0..digits.len() {
        for plane in digits.pixels(index).ok_or("no pictures")?.chunks(32 * 32) {
            pixels.extend((0..32 * 32).map(|at| plane[at % 32 * 32 + at / 32]));
        }
    }
    let labels: Vec<u8> = digits
        .labels()
        .iter()
        .map(|label| if *label == 0 { 10 } else { *label as u8 })
        .collect();
    let arrays = [array(&[32, 32, 3, 2], b"X", &pixels), array(&[2, 1], b"y", &labels)];
    write("mat", "svhn-like-plain.mat", &[header, &arrays.concat()].concat())?;
    let mut packed = header.to_vec();
    for array in &arrays {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(array)?;
        let bytes = encoder.finish()?;
        packed.extend([15, u32::try_from(bytes.len())?].map(u32::to_le_bytes).concat());
        packed.extend(bytes);
    }
    write("mat", "svhn-like.mat", &packed)
}

/// A `uint8` array element.
fn array(sizes: &[u32], name: &[u8], data: &[u8]) -> Vec<u8> {
    let sizes: Vec<u8> = sizes.iter().flat_map(|size| size.to_le_bytes()).collect();
    let flags = [9_u32, 0].map(u32::to_le_bytes).concat();
    let parts = [
        element(6, &flags),
        element(5, &sizes),
        element(1, name),
        element(2, data),
    ];
    element(14, &parts.concat())
}

/// Tag, data, padding.
fn element(kind: u32, data: &[u8]) -> Vec<u8> {
    let n = u32::try_from(data.len()).expect("small");
    let mut bytes = if (1..=4).contains(&n) {
        (n << 16 | kind).to_le_bytes().to_vec()
    } else {
        [kind, n].map(u32::to_le_bytes).concat()
    };
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

/// A shipped configuration with overrides; those without any are read where they stand, in `configs/`.
fn config_seeds() -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/spirals.ron");
    let settings = "\0max_depth=2\0prior=Explicit([0.5, 0.25, 0.25])\0dataset.arms=4\0optimizer.schedule.ldn=\
                    Steps(at: [3, 9], factor: 0.5)\0early_stopping=(split: validation(0.2), metric: \
                    validation_nll, restore_best: false)";
    write(
        "config",
        "spirals-with-overrides",
        &[fs::read(path)?, settings.into()].concat(),
    )
}

/// A network as it is initialized, with and without a posterior.
fn weights_seeds() -> Result<()> {
    let network = Network::new(&CONFIG, &Cpu::default(), &mut ChaCha8Rng::seed_from_u64(1))?;
    let metadata = BTreeMap::from([("note".to_owned(), "a seed".to_owned())]);
    let extra = BTreeMap::from([(EXTRA.to_owned(), vec![0.5, -1.0, 0.25])]);
    write(
        "weights",
        "learnt.safetensors",
        &weights::to_bytes(&network, &extra, &metadata)?,
    )?;
    write(
        "weights",
        "deterministic.safetensors",
        &weights::to_bytes(&network, &BTreeMap::new(), &BTreeMap::new())?,
    )
}

/// Classes, bins, mode, then a row of probabilities and a label for each example.
fn calibration_seeds() -> Result<()> {
    let exact: [(&[f32], u32); 4] = [(&[0.5, 0.5], 0), (&[1.0, 0.0], 0), (&[0.0, 1.0], 0), (&[0.25, 0.75], 1)];
    let uneven: [(&[f32], u32); 4] = [
        (&[3.0, 1.0, 1e-30], 2),
        (&[7.0, 7.0, 7.0], 0),
        (&[0.0, 0.1, 0.9], 1),
        (&[1e30, 1.0, 2.0], 1),
    ];
    // Two depths each.
    write("calibration", "exact", &predictions([2, 10, 4], &exact))?;
    write("calibration", "normalized", &predictions([3, 15, 5], &uneven))
}

fn predictions(head: [u8; 3], rows: &[(&[f32], u32)]) -> Vec<u8> {
    let row = |(probs, label): &(&[f32], u32)| {
        let probs = probs.iter().flat_map(|p| p.to_le_bytes());
        probs.chain(label.to_le_bytes()).collect::<Vec<u8>>()
    };
    let rows: Vec<u8> = rows.iter().flat_map(row).collect();
    [&head[..], &rows].concat()
}
