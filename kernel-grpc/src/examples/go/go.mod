module example.org/kernelclient

go 1.24
