"""Videos with sound: real files, prepared once, and clips for training.

`sources.find_videos` lists files, `records.prepare` makes records of them and
`clips.PreparedClips` reads those with TensorFlow alone. `writing.VideoWriter`
writes videos.
"""
