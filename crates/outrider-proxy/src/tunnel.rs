//! After an upgrade: bytes both ways until a side closes, or nothing has moved for too long.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use outrider_core::Time;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional};

use crate::activity::Activity;
use crate::passage::Passage;

/// Runs the tunnel of `passage` to its end.
pub(crate) async fn run(mut passage: Box<Passage>, client: OnUpgrade, host: OnUpgrade) {
    let metrics = Arc::clone(&passage.connection.worker.metrics);
    metrics.upgrades.add(1);
    metrics.upgrades_open.add(1);
    passage.tunnel();
    let result = connect(&passage, client, host).await;
    metrics.upgrades_open.sub(1);
    passage.tunnel_ended(&result);
}

async fn connect(passage: &Passage, client: OnUpgrade, host: OnUpgrade) -> io::Result<(u64, u64)> {
    let idle = passage.published.settings.timeouts.idle;
    let both = tokio::time::timeout(idle, async { tokio::try_join!(client, host) });
    let (client, host) = both.await?.map_err(io::Error::other)?;
    let activity = Arc::new(Activity::new(passage.connection.worker.shared.clock));
    activity.enter(crate::activity::Phase::Streaming);
    let mut client = Watched(TokioIo::new(client), Arc::clone(&activity));
    let mut host = Watched(TokioIo::new(host), Arc::clone(&activity));
    tokio::select! {
        copied = copy_bidirectional(&mut client, &mut host) => copied,
        () = silence(passage, &activity) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Ends once nothing has moved for the idle timeout.
async fn silence(passage: &Passage, activity: &Activity) {
    let idle = passage.published.settings.timeouts.idle;
    loop {
        let due: Time = activity.since() + idle;
        let left = due.since(passage.now());
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left).await;
    }
}

/// One end of the tunnel; notes what moves.
struct Watched(TokioIo<Upgraded>, Arc<Activity>);

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.0).poll_read(cx, buf))?;
        self.1.progress();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.0).poll_write(cx, buf))?;
        self.1.progress();
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
