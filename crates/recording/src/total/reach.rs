//! How far a sum may have risen between two moments at which processes were read.
//!
//! What a process held meanwhile is at least what was read before and after, and at most the kernel's mark behind it.

use crate::event::Departure;

/// The kernel stores marks in batches, and tells them exactly only while they stand: so much they may fall by themselves.
const LAG_BYTES: u64 = 1 << 20;

/// What is known of a process at a reading, in bytes. Of one that is not there, or of a mark that is not known, zero.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    pub(super) rss_bytes: u64,
    pub(super) mark_bytes: u64,
}

impl Known {
    /// What a process had that was never read.
    pub(super) fn of_unread(departure: &Departure) -> u64 {
        Self::default().at_exit(departure).mark_bytes
    }

    /// What a process that leaves had risen to, where its exit tells.
    pub(super) fn at_exit(self, departure: &Departure) -> Self {
        // What it was before an exec counts where nothing else is known of it: it was there between two readings.
        let earlier_bytes = departure.earlier_bytes.filter(|_| self.mark_bytes == 0);
        let mark_bytes = departure.hwm_bytes.max(earlier_bytes).unwrap_or(self.mark_bytes);
        Self { mark_bytes, ..self }
    }

    fn most_bytes(self) -> u64 {
        self.rss_bytes.max(self.mark_bytes)
    }
}

/// Sums of what processes had risen to, moment by moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    /// What is read now, or the mark where it is news. What one process gave up before another took it is not there
    /// twice: who has left counts no more, unless its exit told that it had risen.
    pub(super) risen_bytes: u64,
    /// The same with every mark, news or not: what the processes were not above together.
    pub(super) marked_bytes: u64,
    /// How many marks fell: another image came, or they were begun anew.
    pub(super) n_falls: u64,
    /// Whether any mark was told at all.
    pub(super) has_marks: bool,
    rss_bytes: u64,
    most_bytes: u64,
    /// Who came and went since anything was read: when each left, and what they all had up to then.
    brief: Vec<(u64, u64)>,
    /// The most of them that may have been there together.
    brief_bytes: u64,
    /// Whether anything was read at this moment.
    is_read: bool,
}

impl Reach {
    /// What is held now is held from here on, until it changes.
    pub(super) fn begin(&mut self) {
        if std::mem::take(&mut self.is_read) {
            self.brief.clear();
            self.brief_bytes = 0;
        }
        self.risen_bytes = self.rss_bytes.saturating_add(self.brief_bytes);
        self.marked_bytes = self.most_bytes.saturating_add(self.brief_bytes);
    }

    /// A process came and went, and nobody read it but at its exit. It may have been there with all of those who left
    /// after it came. They are told in the order in which they left.
    pub(super) fn came_and_went(&mut self, joined_ns: u64, left_ns: u64, bytes: u64) {
        self.has_marks = true;
        let n_before = self.brief.partition_point(|&(left_ns, _)| left_ns < joined_ns);
        let up_to = |n: usize| n.checked_sub(1).map_or(0, |idx| self.brief[idx].1);
        let all_bytes = up_to(self.brief.len()).saturating_add(bytes);
        let together_bytes = all_bytes.saturating_sub(up_to(n_before));
        self.brief.push((left_ns, all_bytes));
        let more_bytes = together_bytes.saturating_sub(self.brief_bytes);
        for sum in [&mut self.brief_bytes, &mut self.risen_bytes, &mut self.marked_bytes] {
            *sum = sum.saturating_add(more_bytes);
        }
    }

    /// A process that was known as one thing, and had risen to another since, is a third now.
    pub(super) fn change(&mut self, before: Known, risen: Known, now: Known) {
        self.is_read = true;
        self.has_marks |= risen.mark_bytes > 0;
        let read_bytes = before.rss_bytes.max(risen.rss_bytes);
        let is_fall = risen.mark_bytes.saturating_add(LAG_BYTES) < before.mark_bytes;
        let is_news = risen.mark_bytes > before.mark_bytes || is_fall;
        self.n_falls += u64::from(is_fall);
        let news_bytes = if is_news { risen.mark_bytes } else { 0 };
        replace(&mut self.risen_bytes, before.rss_bytes, now.rss_bytes.max(news_bytes));
        replace(&mut self.marked_bytes, before.most_bytes(), read_bytes.max(risen.mark_bytes));
        replace(&mut self.rss_bytes, before.rss_bytes, now.rss_bytes);
        replace(&mut self.most_bytes, before.most_bytes(), now.most_bytes());
    }

    /// What is read now, all together.
    pub(super) fn rss_bytes(&self) -> u64 {
        self.rss_bytes
    }
}

fn replace(sum: &mut u64, before: u64, now: u64) {
    *sum = sum.saturating_sub(before).saturating_add(now);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABSENT: Known = Known { rss_bytes: 0, mark_bytes: 0 };

    fn known(rss_bytes: u64, mark_bytes: u64) -> Known {
        Known { rss_bytes, mark_bytes }
    }

    /// Both sums at each moment, of changes at each.
    fn sums(moments: &[&[(Known, Known, Known)]]) -> Vec<(u64, u64)> {
        let mut reach = Reach::default();
        let take = |changes: &&[(Known, Known, Known)]| {
            reach.begin();
            changes.iter().for_each(|&(before, risen, now)| reach.change(before, risen, now));
            (reach.risen_bytes, reach.marked_bytes)
        };
        moments.iter().map(take).collect()
    }

    #[test]
    fn who_rises_between_the_same_moments_rises_together() {
        let (small, risen, after) = (known(30, 30), known(30, 90), known(30, 90));
        let begin = (ABSENT, small, small);
        let rise = (small, risen, after);
        let still = (after, after, after);
        assert_eq!(sums(&[&[begin, begin], &[rise, rise], &[still]]), [(60, 60), (180, 180), (60, 180)]);
    }

    #[test]
    fn a_mark_that_is_told_less_exactly_is_no_news_and_one_of_another_image_is() {
        const MIB: u64 = 1 << 20;
        let (high, told_less) = (known(30 * MIB, 90 * MIB), known(30 * MIB, 90 * MIB - 4096));
        let other = known(30 * MIB, 40 * MIB);
        let moments = [(ABSENT, high, high), (high, told_less, told_less), (told_less, other, other)];
        let risen = sums(&moments.each_ref().map(std::slice::from_ref)).into_iter().map(|it| it.0 / MIB);
        assert_eq!(risen.collect::<Vec<_>>(), [90, 30, 40]);
    }

    #[test]
    fn who_came_and_went_counts_beside_those_who_stay() {
        let stays = known(5, 5);
        let mut reach = Reach::default();
        reach.change(ABSENT, stays, stays);
        let mut after = |lives: &[(u64, u64)], rise: Option<Known>| {
            for &(joined_ns, left_ns) in lives {
                reach.begin();
                reach.came_and_went(joined_ns, left_ns, 20);
            }
            reach.begin();
            rise.into_iter().for_each(|risen| reach.change(stays, risen, stays));
            reach.risen_bytes
        };
        assert_eq!(after(&[(1, 4), (2, 5)], Some(known(5, 7))), 47, "they may have met");
        assert_eq!(after(&[(6, 7), (8, 9)], Some(stays)), 25, "they did not");
        assert_eq!(after(&[], None), 5);
    }

    #[test]
    fn who_leaves_counts_as_what_it_had_risen_to() {
        let departure = Departure { hwm_bytes: Some(70), ..Departure::default() };
        let before = known(50, 60);
        assert_eq!(before.at_exit(&departure).mark_bytes, 70);
        assert_eq!(before.at_exit(&Departure::default()).mark_bytes, 60);
        let leaves = (before, before.at_exit(&departure), ABSENT);
        assert_eq!(sums(&[&[(ABSENT, before, before)], &[leaves], &[]]), [(60, 60), (70, 70), (0, 0)]);
    }
}
