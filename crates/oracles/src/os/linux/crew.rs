//! Descendants that report to the root process, and the truth about them all.

use std::io::{self, PipeReader, PipeWriter, Read, Write};

use super::reading;
use super::system::{self, Child, sleep_ms};
use crate::truth::Truth;

/// The pid that a descendant gives when it could not do what it should. No process has it.
const FAILED: u32 = 0;

/// The line on which descendants report.
#[derive(Debug)]
pub(super) struct Crew {
    inbox: PipeReader,
    outbox: PipeWriter,
    children: Vec<Child>,
    reports: Vec<Report>,
}

/// What a descendant said of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report {
    pub(super) pid: u32,
    pub(super) peak_bytes: u64,
}

impl Crew {
    pub(super) fn new() -> io::Result<Self> {
        let (inbox, outbox) = io::pipe()?;
        Ok(Self { inbox, outbox, children: Vec::new(), reports: Vec::new() })
    }

    /// Forks a child that acts, reports, and holds what it has until the crew is dismissed.
    pub(super) fn start<T>(&mut self, act: impl FnOnce() -> io::Result<T>) -> io::Result<()> {
        let child = self.fork(|| {
            let _held = act()?;
            self.report()?;
            system::wait_for_the_end()
        })?;
        self.children.push(child);
        self.hear()?;
        Ok(())
    }

    /// Forks a child that acts and reports. One that fails says so, so that its report is not waited for in vain.
    pub(super) fn fork(&self, act: impl FnOnce() -> io::Result<()>) -> io::Result<Child> {
        system::fork(|| {
            let outcome = act();
            if outcome.is_err() {
                self.send(FAILED, 0)?;
            }
            outcome
        })
    }

    /// Called in a descendant: tells its pid and its peak so far.
    pub(super) fn report(&self) -> io::Result<()> {
        self.send(std::process::id(), reading::own_peak_bytes()?)
    }

    /// So few bytes are never torn apart, however many report at once (pipe(7)).
    fn send(&self, pid: u32, peak_bytes: u64) -> io::Result<()> {
        let mut text = [0; 16];
        text[..8].copy_from_slice(&u64::from(pid).to_le_bytes());
        text[8..].copy_from_slice(&peak_bytes.to_le_bytes());
        (&self.outbox).write_all(&text)
    }

    /// Waits for a report.
    pub(super) fn hear(&mut self) -> io::Result<Report> {
        let mut text = [0; 16];
        self.inbox.read_exact(&mut text)?;
        let number = |range: std::ops::Range<usize>| {
            text[range].iter().rev().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte))
        };
        let report = Report { pid: number(0..8) as u32, peak_bytes: number(8..16) };
        if report.pid == FAILED {
            return Err(io::Error::other("a descendant failed"));
        }
        self.reports.push(report);
        Ok(report)
    }

    /// Measures everyone who reported and lives, holds for a while, and ends them.
    pub(super) fn truth(self, hold_ms: u64) -> io::Result<Truth> {
        let measured = self.measured()?;
        sleep_ms(hold_ms);
        let root_peak_bytes = Some(reading::own_peak_bytes()?);
        let largest_process_bytes = measured.largest_process_bytes.max(root_peak_bytes);
        self.dismiss()?;
        Ok(Truth { root_peak_bytes, largest_process_bytes, ..measured })
    }

    /// Measures everyone who reported and lives.
    pub(super) fn measured(&self) -> io::Result<Truth> {
        let pids = std::iter::once(std::process::id()).chain(self.reports.iter().map(|report| report.pid));
        let readings = pids.map(reading::of).collect::<io::Result<Vec<_>>>()?;
        let root_peak_bytes = reading::own_peak_bytes()?;
        let peaks = readings.iter().map(|it| it.hwm_bytes).chain([root_peak_bytes]);
        Ok(Truth {
            largest_process_bytes: peaks.max(),
            true_total_bytes: readings.iter().map(|it| it.pss_bytes).sum(),
            sum_rss_bytes: Some(readings.iter().map(|it| it.rss_bytes).sum()),
            n_processes: readings.len() as u64,
            ..reading::truth_of_root(root_peak_bytes)
        })
    }

    /// Ends everyone who reported. Those who are not our own children are reaped by somebody else.
    pub(super) fn dismiss(self) -> io::Result<()> {
        for report in &self.reports {
            system::kill(report.pid, libc::SIGKILL)?;
        }
        for child in &self.children {
            child.reap()?;
        }
        Ok(())
    }
}
