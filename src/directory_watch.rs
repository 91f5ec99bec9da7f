//! Following what is in directories: policies and certificates on disk, which others write while the server runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// How long to wait after a first sign of change, since whoever changes one file often changes several.
const DEBOUNCE: Duration = Duration::from_millis(200);
/// How often to look without any sign: some file systems give none.
const POLL: Duration = Duration::from_secs(30);

/// Has `follower` look whenever something happens in one of `directories`, and every now and then, for ever. It looks
/// once at the beginning too, since something may have happened before the watch began.
pub async fn follow<F: Send + 'static>(directories: &[&Path], mut follower: F, look: fn(&mut F)) {
    let (sender, mut signs) = mpsc::channel(1);
    let mut watches: Vec<Watch> = directories
        .iter()
        .filter_map(|directory| {
            Watch::new(directory, sender.clone())
                .inspect_err(|error| {
                    let directory = directory.display();
                    tracing::warn!(%directory, %error, "cannot watch a directory; it is polled");
                })
                .ok()
        })
        .collect();
    drop(sender);
    loop {
        watches.iter_mut().for_each(Watch::renew);
        // Reading files blocks, if only for a moment: they are few and small.
        let looking = tokio::task::spawn_blocking(move || {
            look(&mut follower);
            follower
        });
        follower = match looking.await {
            Ok(follower) => follower,
            Err(error) => {
                let directories: Vec<_> = watches.iter().map(|watch| &watch.directory).collect();
                tracing::error!(?directories, %error, "no longer followed");
                return;
            }
        };
        match timeout(POLL, signs.recv()).await {
            Ok(Some(())) => {
                sleep(DEBOUNCE).await;
                // What these tell of is read next; a later sign is of something newer.
                while signs.try_recv().is_ok() {}
            }
            Ok(None) => sleep(POLL).await,
            Err(_) => {}
        }
    }
}

/// A watch on a directory, never on a file: the kubelet updates a mounted `ConfigMap` or Secret by renaming a symlink over
/// `..data`, and the watch on a file that is replaced dies with it. The parent is watched too, since the directory itself
/// may go and come back.
struct Watch {
    watcher: RecommendedWatcher,
    directory: PathBuf,
}

impl Watch {
    fn new(directory: &Path, signs: mpsc::Sender<()>) -> notify::Result<Self> {
        let directory = std::path::absolute(directory)?;
        let place = directory.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.map_or(true, |event| concerns(&event, &place)) {
                // When the channel is full a sign is there already.
                let _ = signs.try_send(());
            }
        })?;
        let mut watch = Self { watcher, directory };
        if let Some(parent) = watch.directory.parent()
            && let Err(error) = watch.watcher.watch(parent, RecursiveMode::NonRecursive)
        {
            let directory = watch.directory.display();
            tracing::warn!(%directory, %error, "cannot watch the parent of a directory; it is looked at every now and then");
        }
        Ok(watch)
    }

    /// Watches the directory that now has the name, which may be another one than before.
    fn renew(&mut self) {
        // Neither works while there is no such directory; the watch on the parent tells when there is.
        let _ = self.watcher.unwatch(&self.directory);
        if let Err(error) = self.watcher.watch(&self.directory, RecursiveMode::NonRecursive) {
            let directory = self.directory.display();
            tracing::debug!(%directory, %error, "cannot watch a directory for now");
        }
    }
}

/// Whether an event may mean that the directory holds something new. Reading it does not.
fn concerns(event: &Event, directory: &Path) -> bool {
    event.need_rescan() || (!event.kind.is_access() && event.paths.iter().any(|path| path.starts_with(directory)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_the_directory_is_no_sign_of_change() {
        use notify::EventKind;
        use notify::event::{AccessKind, CreateKind, Flag, ModifyKind, RemoveKind, RenameMode};

        let renamed = EventKind::Modify(ModifyKind::Name(RenameMode::To));
        let cases = [
            (renamed, Some("/etc/policies/..data"), true),
            (EventKind::Create(CreateKind::File), Some("/etc/policies/a.yaml"), true),
            (EventKind::Remove(RemoveKind::Folder), Some("/etc/policies"), true),
            (EventKind::Create(CreateKind::Folder), Some("/etc/policies"), true),
            (EventKind::Access(AccessKind::Any), Some("/etc/policies/a.yaml"), false),
            (EventKind::Create(CreateKind::File), Some("/etc/hosts"), false),
            (EventKind::Other, None, false),
        ];
        for (kind, path, expected) in cases {
            let mut event = Event::new(kind);
            event.paths.extend(path.map(PathBuf::from));
            assert_eq!(concerns(&event, Path::new("/etc/policies")), expected, "{event:?}");
        }
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert!(concerns(&overflow, Path::new("/etc/policies")));
    }
}
