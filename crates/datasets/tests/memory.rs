//! No file makes the readers take more memory than it is worth: its size, or what compressed data may unpack to.
//!
//! A test binary of its own, with one test: the counter sees all threads. It counts a buffer that grows as old and new
//! together, so that the peaks are upper bounds.

#![allow(clippy::unwrap_used, reason = "a step that fails here fails its test")]
#![allow(clippy::print_stdout, reason = "the test prints the peaks")]

#[path = "it/fixtures.rs"]
#[allow(dead_code, reason = "only some of the fixtures are needed here")]
mod fixtures;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use peak_alloc::PeakAlloc;
use vds_datasets::idx::{parse_images, parse_labels, read_images};
use vds_datasets::mat::{parse_digits, read_digits};
use vds_datasets::{Error, ExampleShape, FormatError, Position, Result, for_each_image_batch};
use vds_testkit::files::{Mat, gzip, idx, zlib};

use fixtures::name;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What any reader may take, whatever a file claims: 80 KiB of the decompressor, 64 KiB that a buffer starts with, 8 KiB read
/// ahead, the text of an error.
const FIXED: usize = 192 << 10;
/// Bytes for each pixel that is there: a buffer that doubles counts one and a half times, a plane may be as large as all.
const PER_PIXEL: usize = 2;
/// Bytes for each label that is there: one becomes four.
const PER_LABEL: usize = 6;
/// What compressed data may always unpack to.
const ALWAYS_ACCEPTED: usize = 64 << 20;
/// What is said of a file that is read.
const READ: &str = "read";
const GIB: usize = 1 << 30;
const HUGE: u32 = 1 << 31;

/// A file in the making.
struct Case {
    what: &'static str,
    bytes: Vec<u8>,
    read: fn(&[u8]) -> Result<()>,
    /// Part of the error, so that the case is the one that it is meant to be; [`READ`] if there is none.
    says: &'static str,
    /// Bytes that may be taken beside [`FIXED`], for content that is really there.
    kept: usize,
}

fn case(what: &'static str, bytes: Vec<u8>, read: fn(&[u8]) -> Result<()>, says: &'static str) -> Case {
    Case {
        what,
        bytes,
        read,
        says,
        kept: 0,
    }
}

impl Case {
    fn keeping(self, kept: usize) -> Self {
        Self { kept, ..self }
    }
}

fn images(bytes: &[u8]) -> Result<()> {
    parse_images(name(), bytes).map(drop)
}

fn labels(bytes: &[u8]) -> Result<()> {
    parse_labels(name(), bytes, 10).map(drop)
}

fn digits(bytes: &[u8]) -> Result<()> {
    parse_digits(name(), bytes).map(drop)
}

/// `head` and then zeros, a GiB of them. The end mark is missing: no reader may come so far.
fn bomb<W: std::io::Write>(mut encoder: W, written: fn(&W) -> &Vec<u8>, head: &[u8]) -> Vec<u8> {
    let zeros = vec![0; 1 << 20];
    let mut pieces = [head, &zeros, &zeros].into_iter().map(|piece| {
        let start = written(&encoder).len();
        encoder.write_all(piece).unwrap();
        // Ends at a byte, so that what follows can be repeated.
        encoder.flush().unwrap();
        written(&encoder)[start..].to_vec()
    });
    let start: Vec<u8> = pieces.by_ref().take(2).flatten().collect();
    let zeros_after_zeros = pieces.next().unwrap();
    [start, zeros_after_zeros.repeat(GIB >> 20)].concat()
}

fn gzip_bomb(head: &[u8]) -> Vec<u8> {
    bomb(
        GzEncoder::new(Vec::new(), Compression::best()),
        GzEncoder::get_ref,
        head,
    )
}

/// A MAT file of one compressed element that unpacks to `head` and zeros.
fn mat_bomb(head: &[u8]) -> Vec<u8> {
    let mat = Mat::LITTLE;
    let zlib = bomb(
        ZlibEncoder::new(Vec::new(), Compression::best()),
        ZlibEncoder::get_ref,
        head,
    );
    mat.file(&[mat.compressed_element(&zlib)])
}

/// The start of an array of bytes that claims so many bytes for itself and for its data.
fn array_head(sizes: &[u32], array_name: &str, n_bytes: u32) -> Vec<u8> {
    let mat = Mat::LITTLE;
    let whole = mat.array(9, sizes, array_name, Vec::new());
    let n_header = u32::try_from(whole.len()).unwrap();
    let data_tag = [mat.u32(2), mat.u32(n_bytes)].concat();
    let array_tag = [mat.u32(14), mat.u32(n_bytes.saturating_add(n_header))].concat();
    [&array_tag, &whole[8..], &data_tag].concat()
}

const ENDS: &str = "the data end here";
const TOO_MUCH: &str = "bytes are announced, at most";
const GOES_ON: &str = "data follow";

fn idx_cases() -> Vec<Case> {
    let bomb = |sizes: &[u32]| gzip_bomb(&idx(sizes, &[]));
    let allowed = u32::try_from(ALWAYS_ACCEPTED).unwrap() - 64;
    let few = &[1; 64];
    let million = vec![7; 1_000_000];
    vec![
        case("2^31 labels", idx(&[HUGE], few), labels, ENDS),
        case("2^31 images", idx(&[HUGE, 28, 28], few), images, ENDS),
        case("2^93 pixels", idx(&[HUGE; 3], few), images, ENDS),
        case("sizes of 2^32 - 1", idx(&[u32::MAX; 3], few), images, ENDS),
        case("the same, gzip", gzip(&idx(&[u32::MAX; 3], few)), images, TOO_MUCH),
        case("gzip bomb that says so", bomb(&[1 << 20, 32, 32]), images, TOO_MUCH),
        case("gzip bomb after a pixel", bomb(&[1, 1, 1]), images, GOES_ON),
        case("gzip bomb after a label", bomb(&[1]), labels, GOES_ON),
        case("gzip without what it says", gzip(&idx(&[allowed], few)), labels, ENDS),
        case("labels", idx(&[1_000_000], &million), labels, READ).keeping(PER_LABEL * 1_000_000),
        case("pixels", idx(&[1000, 10, 100], &million), images, READ).keeping(PER_PIXEL * 1_000_000),
        case("gzip bomb of pixels", bomb(&[allowed, 1, 1]), images, GOES_ON).keeping(PER_PIXEL * ALWAYS_ACCEPTED),
        case("gzip bomb of labels", bomb(&[allowed]), labels, GOES_ON).keeping(PER_LABEL * ALWAYS_ACCEPTED),
    ]
}

fn mat_cases() -> Vec<Case> {
    let mat = Mat::LITTLE;
    let element = |kind: u32, n_bytes: u32| mat.file(&[[mat.u32(kind), mat.u32(n_bytes)].concat(), vec![1; 64]]);
    let huge_array = array_head(&[HUGE, 1, 1, 1], "X", HUGE);
    let array = |sizes: &[u32], name: &str| mat.file(&[mat.bytes_array(sizes, name, &[7; 64])]);
    let pixel = mat.bytes_array(&[1, 1, 1, 1], "X", &[7]);
    let nested = mat.compressed(&mat.compressed(&mat.compressed(&pixel)));
    let gib = u32::try_from(GIB).unwrap();
    let allowed = gib / 16 - 64;
    vec![
        case("array of 2^31 bytes", element(14, HUGE), digits, ENDS),
        case("2^32 - 1 compressed bytes", element(15, u32::MAX), digits, ENDS),
        case("2^124 pixels", array(&[HUGE; 4], "X"), digits, "an element of 64 bytes"),
        case(
            "2^1024 labels",
            array(&[u32::MAX; 32], "y"),
            digits,
            "expected a real numeric vector",
        ),
        case("2^31 labels", array(&[HUGE, 1], "y"), digits, "expected 2147483648"),
        case("2^31 pixels", mat.file(std::slice::from_ref(&huge_array)), digits, ENDS),
        case(
            "the same, compressed",
            mat.file(&[mat.compressed(&huge_array)]),
            digits,
            TOO_MUCH,
        ),
        case("thrice compressed", mat.file(&[nested]), digits, "element type 15"),
        case("bomb of zeros", mat_bomb(&[]), digits, "element type 0"),
        case(
            "bomb in X",
            mat_bomb(&array_head(&[gib, 1, 1, 1], "X", gib)),
            digits,
            TOO_MUCH,
        ),
        case("bomb after a pixel", mat_bomb(&pixel), digits, GOES_ON),
        case(
            "bomb passed over",
            mat_bomb(&array_head(&[allowed, 1], "z", allowed)),
            digits,
            GOES_ON,
        ),
        case(
            "bomb in a name",
            mat_bomb(&name_head(allowed)),
            digits,
            "expected at most 1024",
        ),
        case(
            "bomb of pixels",
            mat_bomb(&array_head(&[allowed, 1, 1, 1], "X", allowed)),
            digits,
            GOES_ON,
        )
        .keeping(PER_PIXEL * ALWAYS_ACCEPTED),
    ]
}

/// Files that are what they say, as far as they go.
fn sincere_mat_cases() -> Vec<Case> {
    let mat = Mat::LITTLE;
    let small = mat.array(9, &[1, 64], "z", mat.element(2, &[0; 64]));
    let n = 200_000;
    let labels = mat.bytes_array(&[n, 1], "y", &vec![3; n as usize]);
    let ones = 1.0_f64.to_le_bytes().repeat(n as usize);
    let wide_labels = mat.array(6, &[n, 1], "y", mat.element(9, &ones));
    let plane = mat.bytes_array(&[n, 5, 1, 1], "X", &vec![3; 5 * n as usize]);
    let (n, missing) = (n as usize, "the file ends without the variable");
    vec![
        case(
            "10,000 variables",
            mat.file(&vec![mat.compressed(&small); 10_000]),
            digits,
            missing,
        ),
        case("labels", mat.file(&[labels]), digits, missing).keeping(PER_LABEL * n),
        case("wide labels", mat.file(&[wide_labels]), digits, missing).keeping(PER_PIXEL * 8 * n),
        case("one plane", mat.file(&[mat.compressed(&plane)]), digits, missing).keeping(PER_PIXEL * 5 * n),
    ]
}

/// An array whose name claims `n_bytes`.
fn name_head(n_bytes: u32) -> Vec<u8> {
    let mat = Mat::LITTLE;
    let parts = [
        mat.element(6, &[mat.u32(9), mat.u32(0)].concat()),
        mat.element(5, &[mat.u32(1), mat.u32(1)].concat()),
        [mat.u32(1), mat.u32(n_bytes)].concat(),
    ];
    [[mat.u32(14), mat.u32(n_bytes + 40)].concat(), parts.concat()].concat()
}

/// The most that was taken at once while `read` ran.
fn peak<T>(read: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let result = read();
    (result, ALLOCATOR.peak_usage() - before)
}

#[test]
fn peaks_are_bounded_by_the_content() {
    let mut too_large = Vec::new();
    for case in idx_cases().into_iter().chain(mat_cases()).chain(sincere_mat_cases()) {
        let (result, peak) = peak(|| (case.read)(&case.bytes));
        let (what, limit, n_bytes) = (case.what, FIXED + case.kept, case.bytes.len());
        let outcome = result.map_or_else(|error| error.to_string(), |()| READ.to_owned());
        println!("{what}: {peak} of {limit} bytes, the file has {n_bytes}: {outcome}");
        assert!(outcome.contains(case.says), "{what}: {outcome}");
        if peak > limit {
            too_large.push((what, peak, limit));
        }
    }
    check_files(&mut too_large);
    check_batches(&mut too_large);
    assert!(too_large.is_empty(), "{too_large:?}");
}

/// Reading through files, whose content is not in memory already: a bomb is refused by its header, before it is unpacked.
fn check_files(too_large: &mut Vec<(&'static str, usize, usize)>) {
    let folder = tempfile::tempdir().unwrap();
    let bomb = gzip_bomb(&idx(&[1 << 20, 32, 32], &[]));
    let path = fixtures::write(folder.path(), "bomb", &bomb);
    let (result, taken) = peak(|| read_images(&path).unwrap_err());
    assert!(matches!(
        result,
        Error::Malformed {
            position: Position::Uncompressed(16),
            problem: FormatError::TooLarge {
                announced: 0x4000_0000,
                ..
            },
            ..
        }
    ));
    let nothing = zlib(&[]);
    let path = fixtures::write(
        folder.path(),
        "mat",
        &Mat::LITTLE.file(&[Mat::LITTLE.compressed_element(&nothing)]),
    );
    let (_, taken_by_mat) = peak(|| read_digits(&path).unwrap_err());
    for (what, taken) in [("bomb in a file", taken), ("empty element in a file", taken_by_mat)] {
        println!("{what}: {taken} of {FIXED} bytes");
        if taken > FIXED {
            too_large.push((what, taken, FIXED));
        }
    }
}

/// Batches take as much as the largest of them, however many follow; labels are not kept.
fn check_batches(too_large: &mut Vec<(&'static str, usize, usize)>) {
    const BATCH: usize = 64;
    let (n, n_pixels) = (20_000, 1024);
    let folder = tempfile::tempdir().unwrap();
    let byte = |index: usize| u8::try_from(index / 5 % 251).unwrap();
    let pixels: Vec<u8> = (0..n * n_pixels).map(byte).collect();
    let images = idx(&[20_000, 32, 32], &pixels);
    let mat = Mat::LITTLE;
    let x = mat.bytes_array(&[32, 32, 1, 20_000], "X", &pixels);
    let y = mat.array(6, &[20_000, 1], "y", mat.element(9, &1.0_f64.to_le_bytes().repeat(n)));
    let files = [
        ("batches of IDX", "idx", images.clone()),
        ("batches of IDX, gzip", "gz", gzip(&images)),
        ("batches of MAT", "a.mat", mat.file(&[y.clone(), x.clone()])),
        (
            "batches of MAT, compressed",
            "b.mat",
            mat.file(&[mat.compressed(&x), mat.compressed(&y)]),
        ),
    ]
    .map(|(what, name, bytes)| (what, fixtures::write(folder.path(), name, &bytes)));
    drop((pixels, images, x, y));
    let shape = ExampleShape::Image {
        channels: 1,
        height: 32,
        width: 32,
    };
    for (what, path) in files {
        let mut n_read = 0;
        let (result, taken) = peak(|| {
            for_each_image_batch(&path, shape, BATCH, |images| {
                n_read += images.n;
                Ok::<_, Error>(())
            })
        });
        result.unwrap();
        assert_eq!(n_read, n);
        let limit = FIXED + PER_PIXEL * BATCH * n_pixels;
        println!("{what}: {taken} of {limit} bytes");
        if taken > limit {
            too_large.push((what, taken, limit));
        }
    }
}
