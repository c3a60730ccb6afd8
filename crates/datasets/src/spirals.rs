//! The spirals of the paper's toy experiments.

use rand::Rng;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::examples::Examples;
use crate::fit::moments;
use crate::provenance::{Origin, Provenance, SourceFile, TrainTest};
use crate::random::{shuffled, uniform};
use crate::split::rounded_share;
use crate::standardization::Standardization;

/// What the spirals look like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpiralsConfig {
    /// Points in all. Each arm gets `n / arms` of them, rounded down, as in the authors' code.
    pub n: usize,
    /// Width of the noise, which is uniform in [0, noise) in each coordinate.
    pub noise: f64,
    /// Arms, one class each, at most 100.
    pub arms: usize,
    /// Angle at which an arm begins, in degrees.
    pub start_degrees: f64,
    /// Angle that an arm covers, in degrees.
    pub stop_degrees: f64,
}

/// Points in the plane before any scaling, arm after arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// Coordinates.
    pub positions: Vec<[f64; 2]>,
    /// The arm of each.
    pub labels: Vec<u32>,
    class_names: Vec<String>,
}

impl SpiralsConfig {
    /// Most points.
    pub const MAX_POINTS: usize = 10_000_000;

    /// Points that are generated: the largest multiple of `arms` up to `n`.
    pub fn n_points(&self) -> usize {
        self.n / self.arms * self.arms
    }

    /// A name for each arm.
    pub fn class_names(&self) -> Vec<String> {
        (0..self.arms).map(|arm| format!("arm {arm}")).collect()
    }

    /// Checks every field.
    ///
    /// # Errors
    /// If a field is out of its range: `arms` from 1 to 100, `n` from `arms` to [`Self::MAX_POINTS`], `noise` and
    /// `start_degrees` finite and not negative, `stop_degrees` finite and positive.
    pub fn check(&self) -> Result<()> {
        let (n, arms) = (self.n as f64, self.arms as f64);
        let is_size = |x: f64| x.is_finite() && x >= 0.0;
        let rules = [
            (
                "arms",
                arms,
                (1..=100).contains(&self.arms),
                "a whole number from 1 to 100",
            ),
            (
                "n",
                n,
                (self.arms..=Self::MAX_POINTS).contains(&self.n),
                "at least one point per arm, at most 10000000",
            ),
            (
                "noise",
                self.noise,
                is_size(self.noise),
                "a finite number, not negative",
            ),
            (
                "start_degrees",
                self.start_degrees,
                is_size(self.start_degrees),
                "a finite number, not negative",
            ),
            (
                "stop_degrees",
                self.stop_degrees,
                is_size(self.stop_degrees) && self.stop_degrees > 0.0,
                "a finite positive number",
            ),
        ];
        match rules.into_iter().find(|(_, _, is_right, _)| !is_right) {
            Some((field, actual, _, expected)) => Err(Error::Spirals {
                field,
                actual,
                expected,
            }),
            None => Ok(()),
        }
    }
}

/// Random spirals: [`from_uniforms`] with numbers drawn arm by arm and point by point.
///
/// # Errors
/// As [`SpiralsConfig::check`].
pub fn generate(config: &SpiralsConfig, rng: &mut impl Rng) -> Result<Points> {
    config.check()?;
    let uniforms: Vec<[f64; 3]> = (0..config.n_points()).map(|_| [(); 3].map(|()| uniform(rng))).collect();
    from_uniforms(config, &uniforms)
}

/// The spirals that follow from numbers in [0, 1): for each point one for the angle, t = start + sqrt(u0) * stop, and two for
/// the noise, (t cos t + noise * u1, t sin t + noise * u2); arm `a` is turned by 360° a / arms.
///
/// # Errors
/// As [`SpiralsConfig::check`], and if there is not one triple per point.
///
/// # Source
/// The authors' code: the noise is uniform and not centered, where the paper calls it Gaussian.
pub fn from_uniforms(config: &SpiralsConfig, uniforms: &[[f64; 3]]) -> Result<Points> {
    config.check()?;
    let n = config.n_points();
    if uniforms.len() != n {
        return Err(Error::InputLength {
            actual: uniforms.len() * 3,
            n_examples: n,
            example_len: 3,
        });
    }
    let mut positions = Vec::with_capacity(n);
    let mut labels = Vec::with_capacity(n);
    for (arm, numbers) in (0_u32..).zip(uniforms.chunks_exact(n / config.arms)) {
        let turn = std::f64::consts::TAU * f64::from(arm) / config.arms as f64;
        let points = numbers.iter().map(|uniforms| rotated(on_arm(config, *uniforms), turn));
        positions.extend(points);
        labels.resize(positions.len(), arm);
    }
    Ok(Points {
        positions,
        labels,
        class_names: config.class_names(),
    })
}

/// A point of the first arm.
fn on_arm(config: &SpiralsConfig, [angle, x, y]: [f64; 3]) -> [f64; 2] {
    let t = config.start_degrees.to_radians() + angle.sqrt() * config.stop_degrees.to_radians();
    [t * t.cos() + config.noise * x, t * t.sin() + config.noise * y]
}

fn rotated([x, y]: [f64; 2], angle: f64) -> [f64; 2] {
    let (sin, cos) = angle.sin_cos();
    [x * cos - y * sin, x * sin + y * cos]
}

/// The data of a spirals experiment: random spirals, `train_fraction` of the points (rounded) at random to train on, the others
/// to test on, all standardized with the mean and standard deviation of the training points (ddof 0).
///
/// # Errors
/// As [`SpiralsConfig::check`], and if fewer than two points are left to train on or none to test on.
pub fn experiment(config: &SpiralsConfig, train_fraction: f64, rng: &mut impl Rng) -> Result<TrainTest> {
    let points = generate(config, rng)?;
    let n = config.n_points();
    let n_train = rounded_share(train_fraction, n);
    if !train_fraction.is_finite() || n_train < 2 || n_train >= n {
        return Err(Error::TrainFraction {
            train_fraction,
            n_train,
            n,
        });
    }
    let order = shuffled(n, rng);
    let (train, test) = order.split_at(n_train);
    points.split(train, test)
}

impl Points {
    /// The points at `train` and at `test`, standardized with the mean and standard deviation of the former (ddof 0), which are
    /// the standardization of further inputs.
    ///
    /// # Numerics
    /// Computed in `f64`, rounded once.
    ///
    /// # Errors
    /// If there is no training point, or all have the same coordinate.
    ///
    /// # Panics
    /// If there is no point of such an index.
    pub fn split(&self, train: &[usize], test: &[usize]) -> Result<TrainTest> {
        let standardization = self.standardization(train)?;
        let parts = [
            self.standardized(train, &standardization)?,
            self.standardized(test, &standardization)?,
        ];
        let files = ["train", "test"].iter().zip(&parts).map(|(part, examples)| SourceFile {
            origin: Origin::Generated(part),
            sha256: digest(examples),
        });
        let provenance = Provenance {
            name: "spirals".to_owned(),
            class_names: self.class_names.clone(),
            files: files.collect(),
        };
        let [train, test] = parts;
        Ok(TrainTest {
            train,
            test,
            standardization: Standardization::identity(2),
            input_standardization: standardization,
            provenance,
        })
    }

    fn standardization(&self, indices: &[usize]) -> Result<Standardization> {
        let (mean, sd) = [0, 1]
            .map(|axis| {
                let values = || indices.iter().map(move |index| self.positions[*index][axis]);
                moments(values, indices.len())
            })
            .into_iter()
            .unzip();
        Standardization::new(mean, sd)
    }

    fn standardized(&self, indices: &[usize], standardization: &Standardization) -> Result<Examples> {
        let positions = indices.iter().map(|index| self.positions[*index]);
        let values = positions.flat_map(|[x, y]| [standardization.apply(0, x), standardization.apply(1, y)]);
        let labels = indices.iter().map(|index| self.labels[*index]).collect();
        Examples::from_features(values.collect(), 2, labels, self.class_names.len())
    }
}

/// SHA-256 digest of generated examples: of all coordinates, then all labels, little-endian.
fn digest(examples: &Examples) -> String {
    let mut hasher = Sha256::new();
    for point in (0..examples.len()).filter_map(|index| examples.features(index)) {
        for value in point {
            hasher.update(value.to_le_bytes());
        }
    }
    for label in examples.labels() {
        hasher.update(label.to_le_bytes());
    }
    vds_files::hex(&hasher.finalize())
}

#[cfg(test)]
mod tests;
