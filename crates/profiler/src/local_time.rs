//! Local time, as the system tells it.

use chrono::{DateTime, FixedOffset, Offset, Utc};

/// The time now.
pub(crate) fn now() -> DateTime<FixedOffset> {
    at(Utc::now())
}

/// A moment in local time.
pub(crate) fn at(moment: DateTime<Utc>) -> DateTime<FixedOffset> {
    let offset = FixedOffset::east_opt(mprof_probe::local_offset_seconds(moment.timestamp()));
    moment.with_timezone(&offset.unwrap_or(Utc.fix()))
}
