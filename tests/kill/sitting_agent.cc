// sitting_agent CONFIG: an agent that does nothing. It holds its configuration open, so that others
// can see which file it was started with, and is small, so that a host of it is quickly put back.

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 2 || open(argv[argc - 1], O_RDONLY) < 0) return 2;
  for (;;) pause();
}
