//! Fixed colors of heat maps, and the marks of classes.

/// A ramp of colors over the values of a heat map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ramp {
    /// From blue (class 0) over near white to orange (class 1).
    Diverging,
    /// Of rising lightness, from dark violet over green to yellow.
    Sequential,
    /// From near white to the hue of a class.
    Class(u32),
}

/// Hues of classes, which repeat after the last.
///
/// They can be distinguished without red or green cones, and all are dark enough to end a ramp that begins near white.
/// The first two are the blue and the orange of [`Ramp::Diverging`].
const HUES: [[f64; 3]; 8] = [
    [0.0, 104.0, 173.0],
    [194.0, 82.0, 0.0],
    [68.0, 170.0, 153.0],
    [102.0, 0.0, 102.0],
    [224.0, 168.0, 0.0],
    [94.0, 58.0, 18.0],
    [153.0, 153.0, 255.0],
    [102.0, 0.0, 255.0],
];
/// Markers of classes around the current point of a path, which repeat after the last: circle, square, triangle, diamond,
/// inverted triangle, cross, bar.
///
/// Their number has no common divisor with that of the hues, so that any 56 consecutive classes differ in hue or marker.
const MARKERS: [&str; 7] = [
    "m-2.3 0a2.3 2.3 0 1 0 4.6 0a2.3 2.3 0 1 0 -4.6 0z",
    "m-2 -2h4v4h-4z",
    "m0 -2.7l2.6 4.6h-5.2z",
    "m0 -2.9l2.9 2.9l-2.9 2.9l-2.9 -2.9z",
    "m0 2.7l2.6 -4.6h-5.2z",
    "m-0.9 -2.9h1.8v2h2v1.8h-2v2h-1.8v-2h-2v-1.8h2z",
    "m-3 -1.2h6v2.4h-6z",
];
const DIVERGING: [[f64; 3]; 5] = [
    [5.0, 80.0, 150.0],
    [120.0, 175.0, 215.0],
    [247.0, 247.0, 247.0],
    [245.0, 175.0, 100.0],
    [175.0, 75.0, 0.0],
];
/// After viridis.
const SEQUENTIAL: [[f64; 3]; 5] = [
    [68.0, 1.0, 84.0],
    [59.0, 82.0, 139.0],
    [33.0, 145.0, 140.0],
    [94.0, 201.0, 98.0],
    [253.0, 231.0, 37.0],
];
/// Near white: the light end of a class's ramp.
const LIGHT: f64 = 247.0;
/// Share of the hue at the light end, which still shows what class it is.
const LEAST_HUE: f64 = 0.15;

impl Ramp {
    /// The color at `share` of the ramp, in `[0, 1]`.
    pub(crate) fn color(self, share: f64) -> String {
        match self {
            Self::Diverging => between(&DIVERGING, share),
            Self::Sequential => between(&SEQUENTIAL, share),
            Self::Class(class) => {
                let weight = LEAST_HUE + (1.0 - LEAST_HUE) * share;
                rgb(hue(class).map(|channel| LIGHT + (channel - LIGHT) * weight))
            }
        }
    }
}

/// The color of a class's markers: darker than any cell of its hue.
pub(crate) fn marker_color(class: u32) -> String {
    rgb(hue(class).map(|channel| 0.5 * channel))
}

/// The outline of a class's marker around the current point, as path data.
pub(crate) fn marker_outline(class: u32) -> &'static str {
    MARKERS[remainder(class, MARKERS.len())]
}

/// Whether some of the classes have the hue of another.
pub(crate) fn has_repeated_hues(classes: impl IntoIterator<Item = u32>) -> bool {
    let mut seen = [false; HUES.len()];
    classes
        .into_iter()
        .any(|class| std::mem::replace(&mut seen[remainder(class, HUES.len())], true))
}

fn hue(class: u32) -> [f64; 3] {
    HUES[remainder(class, HUES.len())]
}

fn remainder(class: u32, n: usize) -> usize {
    usize::try_from(class).unwrap_or(usize::MAX) % n
}

/// The color at `share` of the way through the anchors, linear between them.
fn between(anchors: &[[f64; 3]; 5], share: f64) -> String {
    let hat = |anchor: usize| (1.0 - (4.0 * share - anchor as f64).abs()).max(0.0);
    let channel = |index: usize| (0..5).map(|anchor| hat(anchor) * anchors[anchor][index]).sum();
    rgb([channel(0), channel(1), channel(2)])
}

fn rgb(channels: [f64; 3]) -> String {
    let [r, g, b] = channels.map(f64::round);
    format!("rgb({r} {g} {b})")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn palette_ramps_meet_their_anchors() {
        assert_eq!(Ramp::Diverging.color(0.0), "rgb(5 80 150)");
        assert_eq!(Ramp::Diverging.color(1.0), "rgb(175 75 0)");
        assert_eq!(Ramp::Sequential.color(0.5), "rgb(33 145 140)");
        assert_eq!(Ramp::Class(2).color(1.0), "rgb(68 170 153)");
    }

    #[test]
    fn palette_gives_classes_a_color_at_every_share() {
        for share in [0.0, 0.5, 1.0] {
            let colors: BTreeSet<String> = (0..8).map(|class| Ramp::Class(class).color(share)).collect();
            assert_eq!(colors.len(), 8, "{share}");
        }
    }

    #[test]
    fn palette_repeats_after_its_last_hue_with_another_marker() {
        assert_eq!(Ramp::Class(8).color(1.0), Ramp::Class(0).color(1.0));
        assert!(!has_repeated_hues(0..8) && has_repeated_hues(0..9));
        let marks: BTreeSet<(String, &str)> = (0..56).map(|c| (marker_color(c), marker_outline(c))).collect();
        assert_eq!(marks.len(), 56);
    }

    /// Linear sRGB as it appears with normal vision, without red cones and without green cones (Machado et al. 2009).
    const VISIONS: [[[f64; 3]; 3]; 3] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ];
    const TO_CONES: [[f64; 3]; 3] = [
        [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
        [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
        [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
    ];
    const TO_OKLAB: [[f64; 3]; 3] = [
        [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
        [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
        [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
    ];

    fn times(matrix: &[[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
    }

    fn oklab(color: [f64; 3], vision: &[[f64; 3]; 3]) -> [f64; 3] {
        let linear = color.map(|channel| ((channel / 255.0 + 0.055) / 1.055).powf(2.4));
        let cones = times(&TO_CONES, times(vision, linear));
        times(&TO_OKLAB, cones.map(|cone| cone.max(0.0).cbrt()))
    }

    #[test]
    fn palette_hues_differ_without_red_or_green_cones() {
        for vision in &VISIONS {
            for (index, a) in HUES.iter().enumerate() {
                for b in &HUES[..index] {
                    let [a_lab, b_lab] = [a, b].map(|&hue| oklab(hue, vision));
                    let distance = a_lab
                        .iter()
                        .zip(b_lab)
                        .map(|(x, y)| (x - y).powi(2))
                        .sum::<f64>()
                        .sqrt();
                    // About seven times the difference that is just noticeable.
                    assert!(distance > 0.14, "{a:?} and {b:?}: {distance}");
                }
            }
        }
    }
}
