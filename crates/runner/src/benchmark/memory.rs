//! The most memory that this process has had at once.

/// In MiB; nothing where the system does not tell. On Linux it is `VmHWM` of `/proc/self/status`.
pub(super) fn peak_rss_mib() -> Option<f64> {
    peak_rss_of(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn peak_rss_of(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bench_high_water_mark_is_read_in_kib() {
        let status = "Name:\tvds\nVmPeak:\t  999 kB\nVmHWM:\t  1536 kB\nVmRSS:\t  12 kB\n";
        assert_eq!(
            peak_rss_of(status).map(|mib| format!("{mib:.3}")).as_deref(),
            Some("1.500")
        );
        assert_eq!(peak_rss_of("Name:\tvds\n"), None);
        assert_eq!(peak_rss_of("VmHWM:\tmuch\n"), None);
    }
}
