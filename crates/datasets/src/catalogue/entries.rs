//! The entries of the catalogue.

use crate::dataset::{Dataset, Entry, EntryFile, Part, Source};
use crate::file::Content;
use crate::shape::ExampleShape;
use crate::standardization::Standardization;

/// A name, and the function that makes the data set of that name.
type Named = (&'static str, fn() -> Dataset);

pub(super) const ALL: &[Named] = &[
    ("mnist", mnist),
    ("fashion-mnist", fashion_mnist),
    ("svhn", svhn),
    ("svhn-like", svhn_like),
    ("fashion-mnist-mini", fashion_mnist_mini),
];

const DIGITS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const GARMENTS: &[&str] = &[
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// Name, set, content and number of examples of an IDX file.
type IdxFile = (&'static str, Part, Content, usize);

/// The files of MNIST; those of Fashion-MNIST have the same names and sizes.
const MNIST_FILES: [IdxFile; 4] = [
    ("train-images-idx3-ubyte", Part::Train, Content::Images, 60_000),
    ("train-labels-idx1-ubyte", Part::Train, Content::Labels, 60_000),
    ("t10k-images-idx3-ubyte", Part::Test, Content::Images, 10_000),
    ("t10k-labels-idx1-ubyte", Part::Test, Content::Labels, 10_000),
];
const MINI_FILES: [IdxFile; 6] = [
    ("mini-train-images-0-idx3-ubyte", Part::Train, Content::Images, 2_000),
    ("mini-train-images-1-idx3-ubyte", Part::Train, Content::Images, 2_000),
    ("mini-train-images-2-idx3-ubyte", Part::Train, Content::Images, 1_000),
    ("mini-train-labels-idx1-ubyte", Part::Train, Content::Labels, 5_000),
    ("mini-t10k-images-idx3-ubyte", Part::Test, Content::Images, 1_000),
    ("mini-t10k-labels-idx1-ubyte", Part::Test, Content::Labels, 1_000),
];

/// Mean of pixel / 255 over the training set and standard deviation, by channel, as the paper's code has them.
struct Moments {
    mean: &'static [f64],
    sd: &'static [f64],
}

const SVHN_MOMENTS: Moments = Moments {
    mean: &[0.431, 0.430, 0.446],
    sd: &[0.197, 0.198, 0.199],
};
const FASHION_MOMENTS: Moments = Moments {
    mean: &[0.2860],
    sd: &[0.3530],
};

fn mnist() -> Dataset {
    dataset(
        "mnist",
        "handwritten digits, 28 x 28 gray",
        [1, 28, 28],
        DIGITS,
        &Moments {
            mean: &[0.1307],
            sd: &[0.3081],
        },
        Entry {
            files: idx(
                MNIST_FILES,
                [
                    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                ],
            ),
            license: "CC BY-SA 3.0, Yann LeCun and Corinna Cortes".to_owned(),
            mirrors: vec![
                "https://ossci-datasets.s3.amazonaws.com/mnist/".to_owned(),
                "https://storage.googleapis.com/cvdf-datasets/mnist/".to_owned(),
            ],
            how_to_get: "fetch the four .gz files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, \
        t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) from https://ossci-datasets.s3.amazonaws.com/mnist/ \
        and run `vds data import mnist FOLDER`, or put them into a folder `mnist` in one of the places above"
                .to_owned(),
            is_embedded: false,
        },
    )
}

fn fashion_mnist() -> Dataset {
    dataset(
        "fashion-mnist",
        "pictures of garments, 28 x 28 gray",
        [1, 28, 28],
        GARMENTS,
        &FASHION_MOMENTS,
        Entry {
            files: idx(
                MNIST_FILES,
                [
                    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                ],
            ),
            license: "MIT, Zalando SE".to_owned(),
            mirrors: vec!["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/".to_owned()],
            how_to_get: "install Debian's package dataset-fashion-mnist, or fetch the four .gz files linked at \
        https://github.com/zalandoresearch/fashion-mnist and run `vds data import fashion-mnist FOLDER`, or put them \
        into a folder `fashion-mnist` in one of the places above; fashion-mnist-mini needs no files"
                .to_owned(),
            is_embedded: false,
        },
    )
}

fn svhn() -> Dataset {
    dataset(
        "svhn",
        "house numbers in street views, cropped digits, 32 x 32 color",
        [3, 32, 32],
        DIGITS,
        &SVHN_MOMENTS,
        Entry {
            files: vec![
                mat("train_32x32.mat", Part::Train, 73_257),
                mat("test_32x32.mat", Part::Test, 26_032),
            ],
            license: "for non-commercial use only, Netzer and others, 2011".to_owned(),
            mirrors: vec!["http://ufldl.stanford.edu/housenumbers/".to_owned()],
            how_to_get:
                "fetch train_32x32.mat and test_32x32.mat from http://ufldl.stanford.edu/housenumbers/ and run \
        `vds data import svhn FOLDER`, or put them into a folder `svhn` in one of the places above"
                    .to_owned(),
            is_embedded: false,
        },
    )
}

fn svhn_like() -> Dataset {
    dataset(
        "svhn-like",
        "not SVHN: MNIST digits with random colors and neighbors in SVHN's file format, 32 x 32 color",
        [3, 32, 32],
        DIGITS,
        // SVHN's, as it stands in for SVHN.
        &SVHN_MOMENTS,
        Entry {
            files: vec![
                mat("train_32x32.mat", Part::Train, 6_000),
                mat("test_32x32.mat", Part::Test, 2_000),
            ],
            license: "CC BY-SA 3.0, as the MNIST digits that it is made of".to_owned(),
            mirrors: vec![],
            how_to_get:
                "it is a stand-in for SVHN that is not published; put its train_32x32.mat and test_32x32.mat into a \
        folder `svhn-like` in a data folder, or use svhn"
                    .to_owned(),
            is_embedded: false,
        },
    )
}

fn fashion_mnist_mini() -> Dataset {
    dataset(
        "fashion-mnist-mini",
        "the first 500 training and 100 test images of each class of fashion-mnist, built in",
        [1, 28, 28],
        GARMENTS,
        &FASHION_MOMENTS,
        Entry {
            files: idx(
                MINI_FILES,
                [
                    "71a9f8cec24060d6752b3e4940ce6d6fd729334afa47b735dd553481aa83b53e",
                    "1f5a680562f610769a1252a63e357f3052a626adb2b441c05b9c32b0381cc3e2",
                    "0d3656d0200a147f31a973868c02c44629a0017c4a4d50d662d4066b7e1f017c",
                    "35d691216f65485d010cc635af5574a9dc04aa5060de9be64ab6e5cb5ead38e9",
                    "7cee33c3c6414b1b86c25e665a6c4f41584269de3b7cc9768b1d351922845eef",
                    "3128d790775889812b73c4f13923559c8b9e281d112c6ea7862acf60a206a909",
                ],
            ),
            license: "MIT, Zalando SE".to_owned(),
            mirrors: vec![],
            how_to_get: "it is built in".to_owned(),
            is_embedded: true,
        },
    )
}

fn dataset(
    name: &str,
    description: &str,
    [channels, height, width]: [usize; 3],
    class_names: &[&str],
    moments: &Moments,
    entry: Entry,
) -> Dataset {
    Dataset {
        name: name.to_owned(),
        description: description.to_owned(),
        shape: ExampleShape::Image {
            channels,
            height,
            width,
        },
        class_names: class_names.iter().map(|&name| name.to_owned()).collect(),
        standardization: Standardization::new(moments.mean.to_vec(), moments.sd.to_vec())
            .expect("the catalogue's moments are checked by a test"),
        source: Source::Catalogue(entry),
    }
}

/// IDX files with the SHA-256 digests of their uncompressed payloads.
fn idx<const N: usize>(files: [IdxFile; N], digests: [&str; N]) -> Vec<EntryFile> {
    let files = files.into_iter().zip(digests);
    let file = |((name, part, content, n_examples), sha256): (IdxFile, &str)| EntryFile {
        name: name.to_owned(),
        part,
        content,
        n_examples,
        sha256: Some(sha256.to_owned()),
    };
    files.map(file).collect()
}

/// A MAT file; nobody has published a SHA-256 digest of one.
fn mat(name: &str, part: Part, n_examples: usize) -> EntryFile {
    EntryFile {
        name: name.to_owned(),
        part,
        content: Content::ImagesAndLabels,
        n_examples,
        sha256: None,
    }
}
