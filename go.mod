module kcovrig

go 1.26.0

require (
	github.com/bluekeyes/go-gitdiff v0.8.1
	github.com/klauspost/compress v1.18.0
	github.com/stretchr/testify v1.12.1
	golang.org/x/sys v0.49.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect
