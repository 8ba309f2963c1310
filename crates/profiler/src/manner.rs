//! Whether we behave as ourselves or as mprof, for scripts that were written for it.

/// How we behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As ourselves.
    Own,
    /// As mprof 0.61.
    Mprof,
}
