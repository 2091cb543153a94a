"""GStreamer's RTSP server, playing films. Prints its port.

Each argument is a file NAME-VIDEO-SOUND.mov, or NAME-VIDEO.mov for a silent
one; it is served under its name without ".mov". Every client is shown the film
from its beginning, once, in real time.
"""
import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer

PAYLOADERS = {
    "h264": "h264parse ! rtph264pay config-interval=-1 pt=96",
    "h265": "h265parse ! rtph265pay config-interval=-1 pt=96",
    "aac": "aacparse ! rtpmp4gpay pt=97",
    "opus": "opusparse ! rtpopuspay pt=97",
    "pcmu": "rtppcmupay max-ptime=40000000",
}

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
for path in sys.argv[1:]:
    mount = os.path.basename(path).removesuffix(".mov")
    pipeline = f"filesrc location={path} ! qtdemux name=film"
    for i, codec in enumerate(mount.split("-")[1:]):
        pad = "video_0" if i == 0 else "audio_0"
        pipeline += f" film.{pad} ! queue ! {PAYLOADERS[codec]} name=pay{i}"
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch("( " + pipeline + " )")
    server.get_mount_points().add_factory("/" + mount, factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
