//! The files that are part of this crate: fashion-mnist-mini, gzip IDX, made by `examples/make_fashion_mini.rs`.

macro_rules! files {
    ($name:expr => $($file:literal),* $(,)?) => {
        match $name {
            $($file => Some(include_bytes!(concat!("../data/", $file, ".gz"))),)*
            _ => None,
        }
    };
}

/// The content of an embedded file, by its name in the catalogue.
pub(crate) fn file(name: &str) -> Option<&'static [u8]> {
    files!(name =>
        "mini-train-images-0-idx3-ubyte",
        "mini-train-images-1-idx3-ubyte",
        "mini-train-images-2-idx3-ubyte",
        "mini-train-labels-idx1-ubyte",
        "mini-t10k-images-idx3-ubyte",
        "mini-t10k-labels-idx1-ubyte",
    )
}

#[cfg(test)]
mod tests;
