module kcovrig

go 1.26.0

require (
	github.com/cavaliergopher/cpio v1.0.1
	github.com/stretchr/testify v1.12.1
	golang.org/x/sys v0.49.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect
