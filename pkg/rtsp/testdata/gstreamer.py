"""GStreamer's RTSP server, playing test patterns. Prints its port.

A key frame is shown and a tick sounds at every full second. The sources are
not live: those begin whenever their thread does, some 30 ms apart.
"""
import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer

PICTURE = "videotestsrc ! video/x-raw,width=320,height=240,framerate=25/1 ! "
H264 = PICTURE + "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 option-string=scenecut=0 ! rtph264pay name=pay0 pt=96 config-interval=-1 "
REORDERED = PICTURE + "x264enc speed-preset=ultrafast bframes=2 b-adapt=false key-int-max=25 option-string=scenecut=0 rc-lookahead=0 ! rtph264pay name=pay0 pt=96 config-interval=-1 "
H265 = PICTURE + "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=25 option-string=scenecut=0:open-gop=0 ! rtph265pay name=pay0 pt=96 config-interval=-1 "
TICKS = "audiotestsrc wave=ticks samplesperbuffer=%d ! audio/x-raw,rate=%d,channels=1 ! "

MOUNTS = {
    "pcmu": H264 + TICKS % (160, 8000) + "mulawenc ! rtppcmupay name=pay1",
    "pcma": H264 + TICKS % (160, 8000) + "alawenc ! rtppcmapay name=pay1",
    "l16": H264 + TICKS % (320, 16000) + "audioconvert ! rtpL16pay name=pay1 pt=97",
    "aac": H264 + TICKS % (1024, 48000) + "audioconvert ! avenc_aac ! rtpmp4gpay name=pay1 pt=97",
    "latm": H264 + TICKS % (1024, 48000) + "audioconvert ! avenc_aac ! aacparse ! rtpmp4apay name=pay1 pt=97",
    "opus": H264 + TICKS % (960, 48000) + "opusenc ! rtpopuspay name=pay1 pt=97",
    "h265": H265 + TICKS % (160, 8000) + "mulawenc ! rtppcmupay name=pay1",
    "bframes": REORDERED + TICKS % (160, 8000) + "mulawenc ! rtppcmupay name=pay1",
}

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
for name, pipeline in MOUNTS.items():
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch("( " + pipeline + " )")
    factory.set_shared(name == "pcma")
    server.get_mount_points().add_factory("/" + name, factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
