//! Runs that the cases damage. Each is made once by the program itself and copied from memory.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::sandbox::{Entry, Sandbox};

/// Files by their names.
type Files = BTreeMap<String, Vec<u8>>;

static ON_POINTS: LazyLock<Files> = LazyLock::new(|| train("CONFIGS/spirals.ron --set epochs=2 --set max_depth=1"));

static ON_IMAGES: LazyLock<Files> = LazyLock::new(|| {
    train(
        "CONFIGS/fashion-mnist-mini.ron --set network=Conv(channels:2,bottleneck_channels:1) --set max_depth=1 --set n_train=20 \
         --set epochs=1 --set early_stopping=(split:none,metric:train_elbo,restore_best:false)",
    )
});

/// Puts a run on the spirals with a learnt depth of at most 1 into the folder `r`.
pub(crate) fn run_on_points(sandbox: &Sandbox) {
    put(&ON_POINTS, sandbox, "r");
}

/// Puts a run on gray images of 28 x 28 pixels into the folder `i`.
pub(crate) fn run_on_images(sandbox: &Sandbox) {
    put(&ON_IMAGES, sandbox, "i");
}

fn train(arguments: &str) -> Files {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("train {arguments} --quiet --threads 1 --out run"));
    let root = sandbox.path("run");
    let files = sandbox.everything().into_iter().filter_map(|(path, entry)| {
        let name = path.strip_prefix(&root).ok()?.to_str()?.to_owned();
        match entry {
            Entry::File(content) => Some((name, content)),
            Entry::Folder | Entry::Link(_) | Entry::Special => None,
        }
    });
    files.collect()
}

fn put(files: &Files, sandbox: &Sandbox, folder: &str) {
    for (name, content) in files {
        sandbox.write(&format!("{folder}/{name}"), content);
    }
}
