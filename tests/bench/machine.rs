//! What processes cost: CPU time and memory, from /proc.

use std::fs;

/// CPU time of a process (and of those it started), in seconds. The kernel counts in hundredths.
pub fn cpu_seconds(pid: u32) -> f64 {
    let own = ticks(pid, 11..15);
    let living: u64 = children(pid).into_iter().map(|child| ticks(child, 11..13)).sum();
    (own + living) as f64 / 100.0
}

/// CPU time of this process without those it started.
pub fn own_cpu_seconds() -> f64 {
    ticks(std::process::id(), 11..13) as f64 / 100.0
}

/// Resident memory in MB.
pub fn resident_mb(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kb: f64 = line.trim().trim_end_matches(" kB").parse().unwrap_or_default();
    kb / 1_024.0
}

/// Sum of fields of /proc/PID/stat, counted after the name: utime 11, stime 12, and both of ended children 13, 14.
fn ticks(pid: u32, fields: std::ops::Range<usize>) -> u64 {
    stat(pid).get(fields).unwrap_or_default().iter().filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// Fields after the name, which may hold blanks.
fn stat(pid: u32) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = text.rsplit_once(')').map_or("", |(_, after)| after);
    after.split_whitespace().map(str::to_owned).collect()
}

fn children(pid: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|child| stat(*child).get(1).and_then(|parent| parent.parse().ok()) == Some(pid)).collect()
}

/// CPU time of the server and of the database over a stretch of work.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    /// Processes whose time counts.
    pub pids: Vec<u32>,
}

impl Meter {
    pub fn read(&self) -> Reading {
        Reading { counted: self.pids.iter().map(|pid| cpu_seconds(*pid)).collect(), own: own_cpu_seconds() }
    }
}

#[derive(Clone, Debug)]
pub struct Reading {
    counted: Vec<f64>,
    own: f64,
}

impl Reading {
    /// Microseconds per request of each metered process since `before`, and of the load generator.
    pub fn per_request(&self, before: &Self, requests: u64) -> (Vec<f64>, f64) {
        let each = |now: f64, then: f64| (now - then) * 1e6 / requests.max(1) as f64;
        let counted = self.counted.iter().zip(&before.counted).map(|(now, then)| each(*now, *then)).collect();
        (counted, each(self.own, before.own))
    }
}
