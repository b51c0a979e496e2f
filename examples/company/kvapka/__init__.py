"""The made-up company Kvapka s.r.o.: what its legacy systems hold, and what is wrong with it."""
