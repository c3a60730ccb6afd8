//! The tolerance rule of the golden set, and a report over many tensors.

use std::collections::BTreeMap;
use std::fmt;

use super::{GoldenCase, GoldenSet};

/// Collects comparisons: `max |result - golden| <= tolerance * scale`, integers equal.
#[derive(Debug)]
pub struct Report<'a> {
    set: &'a GoldenSet,
    /// By group: the largest `|result - golden| / scale`, and where.
    largest: BTreeMap<String, (f64, String)>,
    failures: Vec<String>,
    n_tensors: usize,
}

impl<'a> Report<'a> {
    /// An empty report.
    pub fn new(set: &'a GoldenSet) -> Self {
        Self {
            set,
            largest: BTreeMap::new(),
            failures: Vec::new(),
            n_tensors: 0,
        }
    }

    /// Compares `actual` with an F32 tensor of `case`; the scale is `max(1, max |golden|)`.
    pub fn compare(&mut self, case: &GoldenCase, tensor: &str, group: &str, actual: &[f64]) {
        let golden = case.f32(tensor);
        let largest = golden
            .iter()
            .filter(|x| x.is_finite())
            .fold(1.0_f64, |scale, x| scale.max(f64::from(x.abs())));
        self.compare_scaled(case, tensor, (group, largest), actual);
    }

    /// Compares `f32` results with an F32 tensor of `case`; the scale is `max(1, max |golden|)`.
    pub fn compare_f32(&mut self, case: &GoldenCase, tensor: &str, group: &str, actual: &[f32]) {
        self.compare(
            case,
            tensor,
            group,
            &actual.iter().map(|x| f64::from(*x)).collect::<Vec<_>>(),
        );
    }

    /// Compares `actual` with an F32 tensor of `case` at a given scale.
    pub fn compare_scaled(&mut self, case: &GoldenCase, tensor: &str, (group, scale): (&str, f64), actual: &[f64]) {
        self.n_tensors += 1;
        let place = format!("{}: {tensor}", case.name());
        let golden = case.f32(tensor);
        if golden.len() != actual.len() {
            return self
                .failures
                .push(format!("{place}: {} values instead of {}", actual.len(), golden.len()));
        }
        let deviation = golden
            .iter()
            .zip(actual)
            .map(|(g, r)| deviation(f64::from(*g), *r))
            .fold(0.0, f64::max)
            / scale;
        let tolerance = self.set.tolerance(group);
        if deviation > tolerance {
            self.failures.push(format!(
                "{place}: off by {deviation:.2e}, {group} allows {tolerance:.2e}"
            ));
        }
        let largest = self.largest.entry(group.to_owned()).or_insert((0.0, place.clone()));
        if deviation > largest.0 {
            *largest = (deviation, place);
        }
    }

    /// Compares the gradient in a parameter with an F32 tensor of a network's case. The scale is the gradient's own largest
    /// value, but at least a hundredth of the case's; that of a gradient which is zero in theory is the case's.
    pub fn compare_gradient(&mut self, case: &GoldenCase, tensor: &str, actual: &[f32]) {
        let largest_of_case: f64 = case.meta("grad_abs_max");
        let golden = case.f32(tensor);
        let largest = golden.iter().fold(0.0_f64, |scale, x| scale.max(f64::from(x.abs())));
        let group = match largest <= 1e-12 * largest_of_case {
            true => ("net.grad_zero", largest_of_case.max(1e-3)),
            false => ("net.grad", largest.max(0.01 * largest_of_case)),
        };
        let actual: Vec<f64> = actual.iter().map(|x| f64::from(*x)).collect();
        self.compare_scaled(case, tensor, group, &actual);
    }

    /// Compares integers, which must be equal.
    pub fn compare_integers(&mut self, case: &GoldenCase, tensor: &str, actual: &[i64]) {
        self.n_tensors += 1;
        let golden = case.i64(tensor);
        if golden != actual {
            self.failures
                .push(format!("{}: {tensor}: {actual:?} instead of {golden:?}", case.name()));
        }
    }

    /// Checks that something was compared, and that all agrees.
    ///
    /// # Panics
    /// With every failure, if there is one, or if nothing was compared.
    #[track_caller]
    pub fn assert_ok(&self) {
        assert!(
            self.failures.is_empty(),
            "golden vectors disagree:\n{}\n{self}",
            self.failures.join("\n")
        );
        assert!(self.n_tensors > 0, "no golden vector was compared");
    }
}

/// Infinite unless both are the same kind of number.
fn deviation(golden: f64, result: f64) -> f64 {
    match (golden.is_finite(), result.is_finite()) {
        (true, true) => (golden - result).abs(),
        (false, false)
            if golden.is_nan() == result.is_nan() && (golden.is_nan() || golden.signum() * result.signum() > 0.0) =>
        {
            0.0
        }
        _ => f64::INFINITY,
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} tensors compared; largest deviation by group:", self.n_tensors)?;
        for (group, (deviation, place)) in &self.largest {
            writeln!(
                f,
                "  {group:<28} {deviation:.1e} of {:.1e}  {place}",
                self.set.tolerance(group)
            )?;
        }
        Ok(())
    }
}
