//! Whose a line is: processes by their numbers, and names, each of which is held once.

use std::sync::Arc;

use super::Reader;
use crate::event::Pid;
use crate::recording::Process;

impl Reader {
    pub(super) fn child(&mut self, pid: Pid) -> &mut Process {
        let place = self.seek(pid);
        &mut self.children[place]
    }

    /// Where a child is, from where the next one is likely to be found.
    pub(super) fn seek(&mut self, pid: Pid) -> usize {
        self.latest_place = self.place(pid);
        self.latest_place
    }

    /// Where a child is. Ticks read the same processes in the same order, so that mostly it is the next one.
    fn place(&mut self, pid: Pid) -> usize {
        let is_at = |place: usize| self.children.get(place).is_some_and(|child| child.pid == Some(pid));
        let likely = [self.latest_place + 1, self.latest_place, 0];
        if let Some(place) = likely.into_iter().find(|&place| is_at(place)) {
            return place;
        }
        let place = self.places.entry(pid).or_insert_with(|| {
            self.children.push(Process { pid: Some(pid), ..Process::default() });
            (self.children.len() - 1) as u32
        });
        *place as usize
    }

    pub(super) fn name(&mut self, name: String) -> Arc<str> {
        let known = self.names.get(name.as_str()).cloned();
        known.unwrap_or_else(|| {
            let name: Arc<str> = name.into();
            self.names.insert(Arc::clone(&name));
            name
        })
    }
}
