"""What a photograph says and whether it can be believed to be one, found out without trusting a single byte of it.

Libraries that read photographs meet hostile ones: they run only in a child process with limits on time and memory
(`child`, started by `inspecting`). Nothing here writes a file; the original is never altered.
"""
