//! The entries of the catalogue.

use super::{Content, Dataset, DatasetFile, Part};

pub(super) const ALL: &[Dataset] = &[MNIST, FASHION_MNIST, SVHN, SVHN_LIKE, FASHION_MNIST_MINI];

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

const MNIST: Dataset = Dataset {
    name: "mnist",
    description: "handwritten digits, 28 x 28 gray",
    files: &[
        idx(
            "train-images-idx3-ubyte",
            (Part::Train, Content::Images, 60_000),
            [
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            ],
        ),
        idx(
            "train-labels-idx1-ubyte",
            (Part::Train, Content::Labels, 60_000),
            [
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "d53e105ee54ea40749a09fcbcd1e9432",
            ],
        ),
        idx(
            "t10k-images-idx3-ubyte",
            (Part::Test, Content::Images, 10_000),
            [
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "9fb629c4189551a2d022fa330f9573f3",
            ],
        ),
        idx(
            "t10k-labels-idx1-ubyte",
            (Part::Test, Content::Labels, 10_000),
            [
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                "ec29112dd5afa0611ce80d1b7f02629c",
            ],
        ),
    ],
    image_shape: [1, 28, 28],
    n_train: 60_000,
    n_test: 10_000,
    class_names: DIGITS,
    mean: &[0.1307],
    sd: &[0.3081],
    licence: "CC BY-SA 3.0, Yann LeCun and Corinna Cortes",
    mirrors: &[
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    how_to_get: "fetch the four .gz files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, \
        t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) from https://ossci-datasets.s3.amazonaws.com/mnist/ \
        and run `vds data import mnist FOLDER`, or put them into a folder `mnist` in one of the places above",
    is_embedded: false,
};

const FASHION_MNIST: Dataset = Dataset {
    name: "fashion-mnist",
    description: "pictures of garments, 28 x 28 gray",
    files: &[
        idx(
            "train-images-idx3-ubyte",
            (Part::Train, Content::Images, 60_000),
            [
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            ],
        ),
        idx(
            "train-labels-idx1-ubyte",
            (Part::Train, Content::Labels, 60_000),
            [
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                "25c81989df183df01b3e8a0aad5dffbe",
            ],
        ),
        idx(
            "t10k-images-idx3-ubyte",
            (Part::Test, Content::Images, 10_000),
            [
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                "bef4ecab320f06d8554ea6380940ec79",
            ],
        ),
        idx(
            "t10k-labels-idx1-ubyte",
            (Part::Test, Content::Labels, 10_000),
            [
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                "bb300cfdad3c16e7a12a480ee83cd310",
            ],
        ),
    ],
    image_shape: [1, 28, 28],
    n_train: 60_000,
    n_test: 10_000,
    class_names: GARMENTS,
    mean: &[0.2860],
    sd: &[0.3530],
    licence: "MIT, Zalando SE",
    mirrors: &["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
    how_to_get: "install Debian's package dataset-fashion-mnist, or fetch the four .gz files linked at \
        https://github.com/zalandoresearch/fashion-mnist and run `vds data import fashion-mnist FOLDER`, or put them \
        into a folder `fashion-mnist` in one of the places above; fashion-mnist-mini needs no files",
    is_embedded: false,
};

const SVHN: Dataset = Dataset {
    name: "svhn",
    description: "house numbers in street views, cropped digits, 32 x 32 color",
    files: &[
        mat(
            "train_32x32.mat",
            (Part::Train, 73_257),
            Some("e26dedcc434d2e4c54c9b2d4a06d8373"),
        ),
        mat(
            "test_32x32.mat",
            (Part::Test, 26_032),
            Some("eb5a983be6a315427106f1b164d9cef3"),
        ),
    ],
    image_shape: [3, 32, 32],
    n_train: 73_257,
    n_test: 26_032,
    class_names: DIGITS,
    mean: &[0.431, 0.430, 0.446],
    sd: &[0.197, 0.198, 0.199],
    licence: "for non-commercial use only, Netzer and others, 2011",
    mirrors: &["http://ufldl.stanford.edu/housenumbers/"],
    how_to_get: "fetch train_32x32.mat and test_32x32.mat from http://ufldl.stanford.edu/housenumbers/ and run \
        `vds data import svhn FOLDER`, or put them into a folder `svhn` in one of the places above",
    is_embedded: false,
};

const SVHN_LIKE: Dataset = Dataset {
    name: "svhn-like",
    description: "not SVHN: MNIST digits with random colors and neighbors in SVHN's file format, 32 x 32 color",
    files: &[
        mat("train_32x32.mat", (Part::Train, 6_000), None),
        mat("test_32x32.mat", (Part::Test, 2_000), None),
    ],
    image_shape: [3, 32, 32],
    n_train: 6_000,
    n_test: 2_000,
    class_names: DIGITS,
    // SVHN's, as it stands in for SVHN.
    mean: SVHN.mean,
    sd: SVHN.sd,
    licence: "CC BY-SA 3.0, as the MNIST digits that it is made of",
    mirrors: &[],
    how_to_get: "it is a stand-in for SVHN that is not published; put its train_32x32.mat and test_32x32.mat into a \
        folder `svhn-like` in a data folder, or use svhn",
    is_embedded: false,
};

const FASHION_MNIST_MINI: Dataset = Dataset {
    name: "fashion-mnist-mini",
    description: "the first 500 training and 100 test images of each class of fashion-mnist, built in",
    files: &[
        mini(
            "mini-train-images-0-idx3-ubyte",
            (Part::Train, Content::Images, 2_000),
            "71a9f8cec24060d6752b3e4940ce6d6fd729334afa47b735dd553481aa83b53e",
        ),
        mini(
            "mini-train-images-1-idx3-ubyte",
            (Part::Train, Content::Images, 2_000),
            "1f5a680562f610769a1252a63e357f3052a626adb2b441c05b9c32b0381cc3e2",
        ),
        mini(
            "mini-train-images-2-idx3-ubyte",
            (Part::Train, Content::Images, 1_000),
            "0d3656d0200a147f31a973868c02c44629a0017c4a4d50d662d4066b7e1f017c",
        ),
        mini(
            "mini-train-labels-idx1-ubyte",
            (Part::Train, Content::Labels, 5_000),
            "35d691216f65485d010cc635af5574a9dc04aa5060de9be64ab6e5cb5ead38e9",
        ),
        mini(
            "mini-t10k-images-idx3-ubyte",
            (Part::Test, Content::Images, 1_000),
            "7cee33c3c6414b1b86c25e665a6c4f41584269de3b7cc9768b1d351922845eef",
        ),
        mini(
            "mini-t10k-labels-idx1-ubyte",
            (Part::Test, Content::Labels, 1_000),
            "3128d790775889812b73c4f13923559c8b9e281d112c6ea7862acf60a206a909",
        ),
    ],
    n_train: 5_000,
    n_test: 1_000,
    mirrors: &[],
    how_to_get: "it is built in",
    is_embedded: true,
    ..FASHION_MNIST
};

const fn idx(
    name: &'static str,
    (part, content, n_examples): (Part, Content, usize),
    [sha256, md5]: [&'static str; 2],
) -> DatasetFile {
    DatasetFile {
        name,
        part,
        content,
        n_examples,
        sha256: Some(sha256),
        published_md5: Some(md5),
    }
}

const fn mat(
    name: &'static str,
    (part, n_examples): (Part, usize),
    published_md5: Option<&'static str>,
) -> DatasetFile {
    let content = Content::ImagesAndLabels;
    DatasetFile {
        name,
        part,
        content,
        n_examples,
        sha256: None,
        published_md5,
    }
}

const fn mini(
    name: &'static str,
    (part, content, n_examples): (Part, Content, usize),
    sha256: &'static str,
) -> DatasetFile {
    DatasetFile {
        name,
        part,
        content,
        n_examples,
        sha256: Some(sha256),
        published_md5: None,
    }
}
