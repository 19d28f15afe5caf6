module kcovrig

go 1.26.0

require (
	github.com/bluekeyes/go-gitdiff v0.8.1 // indirect
	github.com/klauspost/compress v1.18.0 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
