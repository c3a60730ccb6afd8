//! Images as files hold them.

use std::path::Path;

use crate::error::{Error, Result};
use crate::examples::Examples;
use crate::shape::ExampleShape;

/// Images of bytes, without labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// [image, channel, row, column].
    pub pixels: Vec<u8>,
    /// Number of images.
    pub n: usize,
    /// Channels of each.
    pub channels: usize,
    /// Rows of each.
    pub height: usize,
    /// Columns of each.
    pub width: usize,
}

impl Images {
    /// Channels, rows and columns of each image.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }

    /// The images with labels.
    ///
    /// # Errors
    /// If the labels differ from the images in number, or one is not below `n_classes`.
    pub fn labeled(self, labels: Vec<u32>, n_classes: usize) -> Result<Examples> {
        let shape = self.shape();
        Examples::from_pixels(self.pixels, shape, labels, n_classes)
    }
}

/// Checks channels, rows and columns of the images of a file.
pub(crate) fn check_shape(path: &Path, [channels, height, width]: [usize; 3], expected: ExampleShape) -> Result<()> {
    let actual = ExampleShape::Image {
        channels,
        height,
        width,
    };
    if actual == expected {
        return Ok(());
    }
    Err(Error::ImageShape {
        path: path.to_owned(),
        actual,
        expected,
    })
}
