#!/usr/bin/env bash
# Draws the clips that the simulated doorbells show. Needs bash, python3 and an
# ffmpeg with libx264 and librsvg; the result is committed, so nobody else does.
#
#   door.mp4 gate.mp4          1280x720, 15 frames/s, H.264 High, a key frame a second, AAC mono 16 kHz
#   door-sub.mp4 gate-sub.mp4  480x270, the same otherwise
#
# A clip is 24 s long because that is a whole number of pictures (360), of
# groups of pictures (24) and of AAC frames (375): it loops without a seam.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ff() { ffmpeg -nostdin -v error -y -fflags +bitexact "$@"; }

# Evening air and crickets; the doorbell rings at 9 s (RING in door.py), an owl
# calls twice behind the garden. Each sound is a sine with its envelope.
air='anoisesrc=color=brown:amplitude=0.25:sample_rate=16000:duration=24:seed=22,lowpass=f=400,afade=t=in:d=0.2,afade=t=out:st=23.8:d=0.2'
crickets='0.012*sin(2*PI*4150*t)*max(0,sin(2*PI*27*t))*gt(sin(2*PI*t/1.5),0.2)'
bell() { echo "gte(t,$1)*exp(-2.6*(t-$1))*(0.30*sin(2*PI*$2*(t-$1))+0.12*sin(2*PI*2*$2*(t-$1))+0.06*sin(2*PI*3.01*$2*(t-$1)))"; }
hoot() { echo "between(t,$1,$1+0.6)*0.10*pow(sin(PI*(t-$1)/0.6),2)*sin(2*PI*392*(t-$1)+3*sin(2*PI*5*t))"; }
sound_door="$crickets+$(bell 9 659.26)+$(bell 9.62 523.25)"
sound_gate="1.6*$crickets+$(hoot 4)+$(hoot 4.9)+$(hoot 17)+$(hoot 17.9)"

# Encoded twice in a row, of which the second copy is kept: its first frame
# then overlaps with the end of the first, as it does when the clip loops.
draw_sound() { # name, expression
	ff -f lavfi -i "$air" -f lavfi -i "aevalsrc=exprs='$2':sample_rate=16000:duration=24" \
		-filter_complex 'amix=inputs=2:normalize=0' -c:a pcm_s16le "$work/$1.wav"
	ff -stream_loop 1 -i "$work/$1.wav" -c:a aac -b:a 24k "$work/twice.aac"
	ff -i "$work/twice.aac" -c copy -bsf:a "noise=drop='lt(n,376)+gte(n,751)'" "$work/$1.aac"
}

draw_picture() { # name, clip, size, quality
	ff -framerate 15 -i "$work/$1/%03d.svg" -i "$work/$1.aac" -map 0:v -map 1:a -map_metadata -1 \
		-vf "scale=$3:flags=area:out_color_matrix=bt709:out_range=tv,format=yuv420p" \
		-c:v libx264 -preset veryslow -tune animation -refs 2 -level 3.1 -crf "$4" -profile:v high -bf 0 -g 15 -keyint_min 15 -sc_threshold 0 \
		-colorspace bt709 -color_primaries bt709 -color_trc bt709 -flags:v +bitexact+cgop \
		-c:a copy -bsf:a aac_adtstoasc \
		-movflags +frag_keyframe+delay_moov+default_base_moof "$2.mp4"
}

for scene in door gate; do
	mkdir "$work/$scene"
	python3 "$scene.py" "$work/$scene"
	sound=sound_$scene
	draw_sound "$scene" "${!sound}"
	draw_picture "$scene" "$scene" 1280:720 29
	draw_picture "$scene" "$scene-sub" 480:270 29
done
