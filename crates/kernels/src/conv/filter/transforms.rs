//! The transforms of Winograd's F(4x4, 3x3): a filter's 4x4 outputs of a 6x6 patch as 36 products in place of 144.
//!
//! `y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A` for a patch d and a filter g (Lavin and Gray, 2016), which interpolates polynomials at
//! 0, ±a, ±b and infinity. The usual a = 1, b = 2 loses a decimal digit and more; at a = 5/8, b = 3/2 the error is about
//! twice that of direct convolution (Barabasz et al., 2020, on the choice of points), and the constants are exact in `f32`.
//!
//! Patches overlap by two pixels, tiles of outputs do not. Transformed tiles are stored by position: `[36][tiles][channels]`,
//! so that each position is one matrix product over the channels.

use super::tiles::{PATCH, TileLayout};
use crate::conv::geometry::TILE;
use crate::simd::{Vector, simd_fn};

/// The points of the interpolation, beside 0 and infinity: ±A and ±B.
pub(super) const A: f32 = 0.625;
pub(super) const B: f32 = 1.5;

/// What is done with the pixels of an output.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Epilogue<'a> {
    /// Nothing.
    Plain,
    /// A bias for each channel is added.
    Bias(&'a [f32]),
    /// A bias for each channel is added, and the result goes through a ReLU.
    BiasRelu(&'a [f32]),
}

simd_fn! {
    /// `Bᵀ d B` of every patch of a padded image, into the tiles from `first` on.
    pub(super) fn transform_patches(padded: &[f32], tiling: TileLayout, first: usize, tiles: &mut [f32]) = transform_patches_body
}
simd_fn! {
    /// `A z Aᵀ` of every tile of pixels of a padded image, into the tiles from `first` on.
    pub(super) fn transform_pixels(padded: &[f32], tiling: TileLayout, first: usize, tiles: &mut [f32]) = transform_pixels_body
}
simd_fn! {
    /// `Aᵀ m A` of the tiles from `first` on, into an image that is not padded.
    pub(super) fn restore_pixels(tiles: &[f32], tiling: TileLayout, first: usize, epilogue: Epilogue<'_>, image: &mut [f32]) = restore_pixels_body
}

#[inline(always)]
fn transform_patches_body<V: Vector>(padded: &[f32], tiling: TileLayout, first: usize, tiles: &mut [f32]) {
    transform::<V, Patches>(padded, tiling, first, tiles);
}

#[inline(always)]
fn transform_pixels_body<V: Vector>(padded: &[f32], tiling: TileLayout, first: usize, tiles: &mut [f32]) {
    transform::<V, Pixels>(padded, tiling, first, tiles);
}

/// What becomes of a patch.
trait Transform {
    /// Rows and columns from the corner of the patch to what is read.
    const RIM: usize;

    /// # Safety
    /// What is read at `from` and a transformed tile at `to` must be valid for the vector's channels, and its instructions be
    /// enabled.
    unsafe fn apply<V: Vector>(from: *const f32, tiling: TileLayout, to: *mut f32);
}

/// `Bᵀ d B`.
struct Patches;

impl Transform for Patches {
    const RIM: usize = 0;

    #[inline(always)]
    unsafe fn apply<V: Vector>(from: *const f32, tiling: TileLayout, to: *mut f32) {
        // SAFETY: promised by the caller.
        unsafe {
            let mut half = [[V::splat(0.0); PATCH]; PATCH];
            for (x, half) in half.iter_mut().enumerate() {
                let mut column = [V::splat(0.0); PATCH];
                for (y, value) in column.iter_mut().enumerate() {
                    *value = V::load(from.add(y * tiling.padded_row + x * tiling.channels));
                }
                *half = patch_1d(column);
            }
            for (y, row) in transposed(half).into_iter().enumerate() {
                for (x, value) in patch_1d(row).into_iter().enumerate() {
                    value.store(to.add((y * PATCH + x) * tiling.position));
                }
            }
        }
    }
}

/// `A z Aᵀ` of the inner part.
struct Pixels;

impl Transform for Pixels {
    const RIM: usize = 1;

    #[inline(always)]
    unsafe fn apply<V: Vector>(from: *const f32, tiling: TileLayout, to: *mut f32) {
        // SAFETY: promised by the caller.
        unsafe {
            let mut half = [[V::splat(0.0); PATCH]; TILE];
            for (x, half) in half.iter_mut().enumerate() {
                let mut column = [V::splat(0.0); TILE];
                for (y, value) in column.iter_mut().enumerate() {
                    *value = V::load(from.add(y * tiling.padded_row + x * tiling.channels));
                }
                *half = pixels_1d(column);
            }
            for (y, row) in transposed(half).into_iter().enumerate() {
                for (x, value) in pixels_1d(row).into_iter().enumerate() {
                    value.store(to.add((y * PATCH + x) * tiling.position));
                }
            }
        }
    }
}

#[inline(always)]
fn transform<V: Vector, T: Transform>(padded: &[f32], tiling: TileLayout, first: usize, tiles: &mut [f32]) {
    tiling.check(padded.len(), first, tiles.len());
    for (tile, [y, x]) in tiling.corners().enumerate() {
        let from = tiling.padded_offset(y + T::RIM, x + T::RIM);
        let to = (first + tile) * tiling.channels;
        let mut c = 0;
        while c < tiling.channels {
            // SAFETY: `check` holds the last patch and the last tile inside the slices; whole vectors only while they fit.
            unsafe {
                let (from, to) = (padded.as_ptr().add(from + c), tiles.as_mut_ptr().add(to + c));
                if c + V::LANES <= tiling.channels {
                    T::apply::<V>(from, tiling, to);
                    c += V::LANES;
                } else {
                    T::apply::<V::Half>(from, tiling, to);
                    c += V::Half::LANES;
                }
            }
        }
    }
}

/// `Bᵀ d`.
///
/// # Safety
/// The vector's instructions must be enabled.
#[inline(always)]
unsafe fn patch_1d<V: Vector>(d: [V; PATCH]) -> [V; PATCH] {
    // SAFETY: promised by the caller.
    unsafe {
        let (minus_a2, minus_b2) = (V::splat(-A * A), V::splat(-B * B));
        let (product, minus_sum) = (V::splat(A * A * B * B), V::splat(-(A * A + B * B)));
        let (even_a, odd_a) = (d[4].add_product(minus_b2, d[2]), d[3].add_product(minus_b2, d[1]));
        let (even_b, odd_b) = (d[4].add_product(minus_a2, d[2]), d[3].add_product(minus_a2, d[1]));
        [
            d[4].add_product(minus_sum, d[2]).add_product(product, d[0]),
            even_a.add_product(V::splat(A), odd_a),
            even_a.add_product(V::splat(-A), odd_a),
            even_b.add_product(V::splat(B), odd_b),
            even_b.add_product(V::splat(-B), odd_b),
            d[5].add_product(minus_sum, d[3]).add_product(product, d[1]),
        ]
    }
}

/// `A z`.
///
/// # Safety
/// The vector's instructions must be enabled.
#[inline(always)]
unsafe fn pixels_1d<V: Vector>(z: [V; TILE]) -> [V; PATCH] {
    // SAFETY: promised by the caller.
    unsafe {
        let (even_a, odd_a) = (
            z[0].add_product(V::splat(A * A), z[2]),
            z[1].add_product(V::splat(A * A), z[3]),
        );
        let (even_b, odd_b) = (
            z[0].add_product(V::splat(B * B), z[2]),
            z[1].add_product(V::splat(B * B), z[3]),
        );
        [
            z[0],
            even_a.add_product(V::splat(A), odd_a),
            even_a.add_product(V::splat(-A), odd_a),
            even_b.add_product(V::splat(B), odd_b),
            even_b.add_product(V::splat(-B), odd_b),
            z[3],
        ]
    }
}

#[inline(always)]
fn restore_pixels_body<V: Vector>(
    tiles: &[f32],
    tiling: TileLayout,
    first: usize,
    epilogue: Epilogue<'_>,
    image: &mut [f32],
) {
    tiling.check_image(image.len(), first, tiles.len());
    if let Epilogue::Bias(bias) | Epilogue::BiasRelu(bias) = epilogue {
        assert!(bias.len() >= tiling.channels, "a bias for each channel");
    }
    for (tile, corner) in tiling.corners().enumerate() {
        let from = (first + tile) * tiling.channels;
        let mut c = 0;
        while c < tiling.channels {
            // SAFETY: `check_image` holds the last tile and the last pixel inside the slices, the bias is long enough; whole
            // vectors only while they fit.
            unsafe {
                let (from, to) = (tiles.as_ptr().add(from + c), image.as_mut_ptr().add(c));
                if c + V::LANES <= tiling.channels {
                    restored::<V>(from, tiling, corner, (epilogue, c), to);
                    c += V::LANES;
                } else {
                    restored::<V::Half>(from, tiling, corner, (epilogue, c), to);
                    c += V::Half::LANES;
                }
            }
        }
    }
}

/// # Safety
/// A transformed tile at `from`, an image at `to` and the epilogue from its channel on must be valid for the vector's channels.
#[inline(always)]
unsafe fn restored<V: Vector>(
    from: *const f32,
    tiling: TileLayout,
    [top, left]: [usize; 2],
    (epilogue, channel): (Epilogue<'_>, usize),
    to: *mut f32,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut half = [[V::splat(0.0); TILE]; PATCH];
        for (x, half) in half.iter_mut().enumerate() {
            let mut column = [V::splat(0.0); PATCH];
            for (y, value) in column.iter_mut().enumerate() {
                *value = V::load(from.add((y * PATCH + x) * tiling.position));
            }
            *half = restored_1d(column);
        }
        let bias = match epilogue {
            Epilogue::Plain => V::splat(0.0),
            Epilogue::Bias(bias) | Epilogue::BiasRelu(bias) => V::load(bias.as_ptr().add(channel)),
        };
        let relu = matches!(epilogue, Epilogue::BiasRelu(_));
        for (y, row) in transposed(half).into_iter().enumerate().take(tiling.height - top) {
            let to = to.add(((top + y) * tiling.width + left) * tiling.channels);
            for (x, value) in restored_1d(row).into_iter().enumerate() {
                if x < tiling.width - left {
                    let value = value.add(bias);
                    let value = if relu { value.relu() } else { value };
                    value.store(to.add(x * tiling.channels));
                }
            }
        }
    }
}

/// `Aᵀ m`.
///
/// # Safety
/// The vector's instructions must be enabled.
#[inline(always)]
unsafe fn restored_1d<V: Vector>(m: [V; PATCH]) -> [V; TILE] {
    // SAFETY: promised by the caller.
    unsafe {
        let (even_a, odd_a) = (m[1].add(m[2]), m[1].sub(m[2]));
        let (even_b, odd_b) = (m[3].add(m[4]), m[3].sub(m[4]));
        let zero = V::splat(0.0);
        [
            m[0].add(even_a).add(even_b),
            zero.add_product(V::splat(A), odd_a).add_product(V::splat(B), odd_b),
            zero.add_product(V::splat(A * A), even_a)
                .add_product(V::splat(B * B), even_b),
            m[5].add_product(V::splat(A * A * A), odd_a)
                .add_product(V::splat(B * B * B), odd_b),
        ]
    }
}

/// The rows of the result are the columns of `a`.
#[inline(always)]
pub(super) fn transposed<T: Copy, const ROWS: usize, const COLUMNS: usize>(
    a: [[T; COLUMNS]; ROWS],
) -> [[T; ROWS]; COLUMNS] {
    let mut transposed = [[a[0][0]; ROWS]; COLUMNS];
    for (y, row) in a.into_iter().enumerate() {
        for (x, value) in row.into_iter().enumerate() {
            transposed[x][y] = value;
        }
    }
    transposed
}
