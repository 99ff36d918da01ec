//! What the process holds, as the kernel counts it.

/// The most memory that the process ever held, in MiB (`VmHWM`).
pub fn peak() -> f64 {
    field("VmHWM:")
}

/// The memory that the process holds now, in MiB (`VmRSS`).
pub fn held() -> f64 {
    field("VmRSS:")
}

fn field(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    let kib: f64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or_default();
    kib / 1024.0
}
