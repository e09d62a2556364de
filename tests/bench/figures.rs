//! Medians, percentiles and ranges.

use std::time::Duration;

/// The value below which `share` of the samples lie; 0 without samples.
pub fn percentile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let at = (share * last as f64).round() as usize;
    sorted.get(at.min(last)).copied().unwrap_or_default()
}

pub fn median(samples: &[f64]) -> f64 {
    percentile(samples, 0.5)
}

/// Lowest and highest.
pub fn range(samples: &[f64]) -> (f64, f64) {
    (percentile(samples, 0.0), percentile(samples, 1.0))
}

pub fn milliseconds(samples: &[Duration]) -> Vec<f64> {
    samples.iter().map(|sample| sample.as_secs_f64() * 1_000.0).collect()
}

/// Each turn of one arm by the turn of the other that ran beside it.
pub fn ratios(ours: &[f64], theirs: &[f64]) -> Vec<f64> {
    ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect()
}
