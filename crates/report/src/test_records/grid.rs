//! A predictive grid over the plane.

use vds_records::PredictiveGrid;

/// A grid of 80 by 80 cells on which each of `n_arms` classes wins along its own spiral arm.
#[expect(clippy::cast_possible_truncation, reason = "the record stores f32")]
pub(crate) fn arms(n_arms: u32) -> PredictiveGrid {
    let n_side = 80;
    let direction = |class: u32| std::f64::consts::TAU * f64::from(class) / f64::from(n_arms);
    let coordinate = |index: usize| -2.0 + 4.0 * index as f64 / (n_side - 1) as f64;
    let mut grid = PredictiveGrid {
        x_range: [-2.0, 2.0],
        y_range: [-2.0, 2.0],
        n_side,
        class: Vec::new(),
        probability: Vec::new(),
        mutual_information: Vec::new(),
        points: Vec::new(),
    };
    for cell in 0..n_side * n_side {
        let [x, y] = [cell % n_side, cell / n_side].map(coordinate);
        let phase = y.atan2(x) - 3.5 * x.hypot(y);
        let score = |class: u32| 6.0 * (phase - direction(class)).cos();
        let total: f64 = (0..n_arms).map(|class| score(class).exp()).sum();
        let winner = (0..n_arms).max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap();
        let probability = score(winner).exp() / total;
        grid.class.push(winner);
        grid.probability.push(probability as f32);
        grid.mutual_information.push((0.25 * (1.0 - probability)) as f32);
    }
    for index in 0..200_u32 {
        let class = index % n_arms;
        let t = 0.3 + 1.5 * f64::from(index) / 200.0;
        let angle = 3.5 * t + direction(class);
        let jitter = 0.05 * (f64::from(index) * 12.9898).sin();
        let [x, y] = [t * angle.cos() + jitter, t * angle.sin() - jitter];
        grid.points.push((x as f32, y as f32, class));
    }
    grid
}
