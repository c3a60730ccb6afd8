//! Medians of wall times.

use anyhow::Result;

use crate::clock::Stopwatch;

/// A timing lasts at least this long: what takes less is called again and the mean is taken, or the clock and the scheduler
/// would be measured.
const LEAST_SECONDS: f64 = 0.02;

/// Calls that are not timed, ahead of those that are: they make buffers and warm caches.
const WARM_UP_CALLS: usize = 2;

/// Calls without timing.
pub(super) fn warm_up(mut call: impl FnMut() -> Result<()>) -> Result<()> {
    (0..WARM_UP_CALLS).try_for_each(|_| call())
}

/// Median over `repeats` timings, at least one, of the seconds of a call.
pub(super) fn median_seconds(repeats: usize, mut call: impl FnMut() -> Result<()>) -> Result<f64> {
    let timings: Result<Vec<f64>> = (0..repeats).map(|_| mean_seconds(&mut call)).collect();
    Ok(median(timings?))
}

fn mean_seconds(call: &mut impl FnMut() -> Result<()>) -> Result<f64> {
    let stopwatch = Stopwatch::start();
    let mut n_calls = 0_u32;
    loop {
        call()?;
        n_calls += 1;
        let seconds = stopwatch.seconds();
        if seconds >= LEAST_SECONDS {
            return Ok(seconds / f64::from(n_calls));
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn bench_median_is_the_middle_or_the_mean_of_the_two_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]).total_cmp(&2.0), std::cmp::Ordering::Equal);
        assert_eq!(
            median(vec![4.0, 1.0, 2.0, 3.0]).total_cmp(&2.5),
            std::cmp::Ordering::Equal
        );
    }

    #[test]
    fn bench_repeats_a_short_call_and_reports_its_mean() {
        let mut n_calls = 0;
        let seconds = median_seconds(2, || {
            n_calls += 1;
            std::thread::sleep(Duration::from_millis(1));
            Ok(())
        });
        let seconds = seconds.unwrap();
        assert!(n_calls > 2, "{n_calls} calls");
        // A sleep lasts at least as long as asked for.
        assert!(seconds >= 0.001, "{seconds} s");
    }

    #[test]
    fn bench_timing_ends_at_a_failed_call() {
        assert!(median_seconds(3, || anyhow::bail!("no")).is_err());
        assert!(warm_up(|| anyhow::bail!("no")).is_err());
    }
}
