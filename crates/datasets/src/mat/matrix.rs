//! The array elements of a MAT file, and the two variables that are wanted.

use crate::error::{Error, Result};
use crate::format_error::{FormatError, Position, sizes_text};
use crate::images::Images;
use crate::stream::Stream;

use super::element::{ByteOrder, INT8, INT32, Tag, UINT8, UINT32, number_size};
use super::sink::Sink;

/// Array classes: double, single, and the integers from 8 to 64 bits.
const NUMERIC_CLASSES: std::ops::RangeInclusive<u8> = 6..=15;
const UINT8_CLASS: u8 = 9;
const COMPLEX_FLAG: u32 = 0x0800;
const LOGICAL_FLAG: u32 = 0x0200;
const MAX_DIMENSIONS: u64 = 32;
const MAX_NAME_LEN: u64 = 1024;
/// Classes of the format: the ten digits.
pub(super) const N_CLASSES: u32 = 10;

/// The variables of a file, as far as they have been read.
pub(super) struct Variables<'a, S> {
    order: ByteOrder,
    sink: &'a mut S,
    n_pictures: Option<usize>,
    n_labels: Option<usize>,
}

/// What stands before the numbers of an array.
struct ArrayHeader {
    position: Position,
    class: u8,
    is_complex: bool,
    is_logical: bool,
    sizes: Vec<usize>,
    name: Vec<u8>,
}

impl<'a, S: Sink> Variables<'a, S> {
    pub(super) fn new(order: ByteOrder, sink: &'a mut S) -> Self {
        Self {
            order,
            sink,
            n_pictures: None,
            n_labels: None,
        }
    }

    pub(super) fn order(&self) -> ByteOrder {
        self.order
    }

    /// How many pictures and labels there were, at the end of the file.
    pub(super) fn complete(self, stream: &Stream<'_>) -> Result<(usize, usize)> {
        let missing = |name| stream.malformed(FormatError::MissingVariable { name });
        let n_pictures = self.n_pictures.ok_or_else(|| missing("X"))?;
        let n_labels = self.n_labels.ok_or_else(|| missing("y"))?;
        Ok((n_pictures, n_labels))
    }

    /// Reads the array whose tag was read: into the sink if it is wanted, passes over it if not.
    pub(super) fn read(&mut self, stream: &mut Stream<'_>, tag: Tag) -> Result<(), S::Error> {
        let mut part = stream.part(tag.n_bytes)?;
        let Some(header) = ArrayHeader::read(&mut part, self.order)? else {
            return Ok(part.skip_rest()?);
        };
        match &header.name[..] {
            b"X" => {
                header.check_first(&part, "X", self.n_pictures.is_some())?;
                self.n_pictures = Some(self.read_pictures(&mut part, &header)?);
            }
            b"y" => {
                header.check_first(&part, "y", self.n_labels.is_some())?;
                self.n_labels = Some(self.read_labels(&mut part, &header)?);
            }
            _ => return Ok(part.skip_rest()?),
        }
        part.finish()?;
        Ok(())
    }

    /// Returns how many pictures there are.
    fn read_pictures(&mut self, stream: &mut Stream<'_>, header: &ArrayHeader) -> Result<usize, S::Error> {
        let expected = "a real uint8 array of height x width x channels x number";
        header.check(stream, "X", expected, header.class == UINT8_CLASS)?;
        // A single picture loses its last dimension in MATLAB.
        let (height, width, channels, n) = match header.sizes[..] {
            [height, width, channels] => (height, width, channels, 1),
            [height, width, channels, n] => (height, width, channels, n),
            _ => return Err(header.unfit(stream, "X", expected).into()),
        };
        if header.sizes.contains(&0) {
            let sizes = sizes_text(&header.sizes);
            return Err(stream
                .malformed_at(header.position, FormatError::Empty { sizes })
                .into());
        }
        let tag = Tag::read(stream, self.order)?;
        tag.check_kind(stream, &[UINT8], "2 (bytes)")?;
        header.check_count(stream, &tag, 1)?;
        self.sink.check(stream.path(), [n, channels, height, width])?;
        // No more than the length of the element, which was compared with the sizes.
        let picture_len = height * width * channels;
        let batch_len = self.sink.batch_size().saturating_mul(picture_len);
        tag.for_each_chunk(stream, batch_len, |mut pixels| {
            transpose_planes(&mut pixels, height, width);
            self.sink.take_images(Images {
                n: pixels.len() / picture_len,
                pixels,
                channels,
                height,
                width,
            })
        })?;
        Ok(n)
    }

    /// Returns how many labels there are.
    fn read_labels(&mut self, stream: &mut Stream<'_>, header: &ArrayHeader) -> Result<usize, S::Error> {
        let expected = "a real numeric vector";
        header.check(stream, "y", expected, NUMERIC_CLASSES.contains(&header.class))?;
        if header.sizes.iter().filter(|size| **size != 1).count() > 1 {
            return Err(header.unfit(stream, "y", expected).into());
        }
        let tag = Tag::read(stream, self.order)?;
        let Some(size) = number_size(tag.kind) else {
            tag.check_kind(stream, &[], "a type of numbers")?;
            return Ok(0);
        };
        header.check_count(stream, &tag, size)?;
        let (order, path) = (self.order, stream.path().to_owned());
        let mut n_read = 0;
        tag.for_each_chunk(stream, self.sink.batch_size().saturating_mul(size), |data| {
            // Room for all at once: collecting results does not know how many there will be, and grows to twice the size.
            let mut labels = Vec::with_capacity(data.len() / size);
            for bytes in data.chunks_exact(size) {
                let value = order.number(tag.kind, bytes).unwrap_or(f64::NAN);
                labels.push(class_of(value).ok_or_else(|| Error::Malformed {
                    path: path.clone(),
                    position: tag.data_position().plus(((n_read + labels.len()) * size) as u64),
                    problem: FormatError::Label {
                        label: value,
                        lowest: 1,
                        highest: 10,
                    },
                })?);
            }
            n_read += labels.len();
            self.sink.take_labels(labels);
            Ok::<_, S::Error>(())
        })?;
        Ok(n_read)
    }
}

impl ArrayHeader {
    /// Flags, sizes and name; `None` for classes that are not numbers.
    fn read(stream: &mut Stream<'_>, order: ByteOrder) -> Result<Option<Self>> {
        let position = stream.position();
        let tag = Tag::read(stream, order)?;
        tag.check_kind(stream, &[UINT32], "6 (the flags of an array)")?;
        tag.check_size(stream, tag.n_bytes == 8, || "8".to_owned())?;
        let [flags, _] = numbers(&tag.data(stream)?, order)[..] else {
            return Ok(None);
        };
        let [class, ..] = flags.to_le_bytes();
        if !NUMERIC_CLASSES.contains(&class) {
            return Ok(None);
        }
        let tag = Tag::read(stream, order)?;
        tag.check_kind(stream, &[INT32], "5 (the sizes of an array)")?;
        let is_right = tag.n_bytes % 4 == 0 && (2..=MAX_DIMENSIONS).contains(&(tag.n_bytes / 4));
        tag.check_size(stream, is_right, || "4 for each of 2 to 32 sizes".to_owned())?;
        let sizes = numbers(&tag.data(stream)?, order);
        let tag = Tag::read(stream, order)?;
        tag.check_kind(stream, &[INT8], "1 (the name of an array)")?;
        tag.check_size(stream, tag.n_bytes <= MAX_NAME_LEN, || "at most 1024".to_owned())?;
        Ok(Some(Self {
            position,
            class,
            is_complex: flags & COMPLEX_FLAG != 0,
            is_logical: flags & LOGICAL_FLAG != 0,
            sizes: sizes.into_iter().map(|size| size as usize).collect(),
            name: tag.data(stream)?,
        }))
    }

    fn check_first(&self, stream: &Stream<'_>, name: &'static str, is_second: bool) -> Result<()> {
        if is_second {
            return Err(stream.malformed_at(self.position, FormatError::SecondVariable { name }));
        }
        Ok(())
    }

    fn check(
        &self,
        stream: &Stream<'_>,
        name: &'static str,
        expected: &'static str,
        is_right_class: bool,
    ) -> Result<()> {
        if is_right_class && !self.is_complex && !self.is_logical {
            return Ok(());
        }
        Err(self.unfit(stream, name, expected))
    }

    fn unfit(&self, stream: &Stream<'_>, name: &'static str, expected: &'static str) -> Error {
        let article = match (self.is_complex, self.is_logical) {
            (true, _) => "a complex",
            (false, true) => "a logical",
            (false, false) => "an",
        };
        let actual = format!(
            "{article} array of class {} and {}",
            class_name(self.class),
            sizes_text(&self.sizes)
        );
        stream.malformed_at(self.position, FormatError::Variable { name, actual, expected })
    }

    /// Whether the numbers that follow are as many as the sizes say.
    fn check_count(&self, stream: &Stream<'_>, tag: &Tag, size: usize) -> Result<()> {
        let count = self.sizes.iter().map(|size| *size as u128);
        let n_bytes = count.fold(size as u128, u128::saturating_mul);
        tag.check_size(stream, u128::from(tag.n_bytes) == n_bytes, || n_bytes.to_string())
    }
}

/// MATLAB's name of a numeric class.
fn class_name(class: u8) -> &'static str {
    const NAMES: [&str; 10] = [
        "double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    ];
    let index = usize::from(class).checked_sub(usize::from(*NUMERIC_CLASSES.start()));
    index.and_then(|index| NAMES.get(index)).copied().unwrap_or("unknown")
}

fn numbers(bytes: &[u8], order: ByteOrder) -> Vec<u32> {
    let (numbers, _) = bytes.as_chunks();
    numbers.iter().map(|bytes| order.u32(*bytes)).collect()
}

/// The class of a label: 10 stands for the digit 0.
fn class_of(label: f64) -> Option<u32> {
    (1..=N_CLASSES)
        .find(|class| f64::from(*class).total_cmp(&label).is_eq())
        .map(|class| class % N_CLASSES)
}

/// Turns each plane from column-major to row-major order in place.
fn transpose_planes(pixels: &mut [u8], height: usize, width: usize) {
    let mut row_major = vec![0; height * width];
    for plane in pixels.chunks_exact_mut(height * width) {
        for (row, outputs) in row_major.chunks_exact_mut(width).enumerate() {
            for (column, output) in outputs.iter_mut().enumerate() {
                *output = plane[column * height + row];
            }
        }
        plane.copy_from_slice(&row_major);
    }
}
