"""GStreamer's ONVIF server with a back-channel, of PCMU or PCMA. Prints its port.

What is said to it goes to the file that is named, as samples of 16 bits.
"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer

Gst.init(None)
server = GstRtspServer.RTSPOnvifServer()
server.set_address("127.0.0.1")
server.set_service("0")
for name, law, payload in (("pcmu", "mulaw", 0), ("pcma", "alaw", 8)):
    factory = GstRtspServer.RTSPOnvifMediaFactory()
    # Without the tee, a film that nobody asked for ends the pipeline of one session in 40
    # before the back-channel's source has started (GStreamer 1.22).
    factory.set_media_gtype(GstRtspServer.RTSPOnvifMedia)
    factory.set_launch(
        "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=25/1 "
        "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! tee allow-not-linked=true ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
    )
    factory.set_backchannel_launch(
        '( capsfilter name=depay_backchannel caps="application/x-rtp,media=audio,payload=%d,clock-rate=8000,encoding-name=%s" '
        "! rtp%sdepay ! %sdec ! audioconvert ! audio/x-raw,format=S16LE,channels=1 "
        "! filesink async=false sync=false buffer-mode=unbuffered location=%s.%s )" % (payload, name.upper(), name, law, sys.argv[1], name)
    )
    server.get_mount_points().add_factory("/" + name, factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
