! Arrays, formatted and unformatted files, namelists, modules, recursion, allocatable objects, complex numbers, OpenMP-free sorting.
module shapes
    implicit none
    type, abstract :: shape
        character(:), allocatable :: name
    contains
        procedure(measure), deferred :: area
    end type
    abstract interface
        real(8) function measure(this)
            import :: shape
            class(shape), intent(in) :: this
        end function
    end interface
    type, extends(shape) :: square
        real(8) :: side = 0
    contains
        procedure :: area => square_area
    end type
contains
    real(8) function square_area(this)
        class(square), intent(in) :: this
        square_area = this%side**2
    end function
    recursive integer function ackermann(m, n) result(value)
        integer, intent(in) :: m, n
        if (m == 0) then
            value = n + 1
        else if (n == 0) then
            value = ackermann(m - 1, 1)
        else
            value = ackermann(m - 1, ackermann(m, n - 1))
        end if
    end function
end module

program arrays
    use shapes
    use, intrinsic :: iso_fortran_env, only: int64, output_unit
    implicit none
    real(8), allocatable :: a(:, :), b(:, :), c(:, :)
    integer :: i, j, n, status, numbers(1000)
    integer(int64) :: hash
    complex(8) :: z
    class(shape), allocatable :: thing
    character(80) :: line, message
    namelist /settings/ n, line

    n = 60
    allocate (a(n, n), b(n, n))
    do j = 1, n
        do i = 1, n
            a(i, j) = mod(i*j, 17)
            b(i, j) = mod(i + j, 13)
        end do
    end do
    c = matmul(a, transpose(b))
    write (*, '(f14.2, 2es14.5, i6)') sum(c), maxval(c), dot_product(c(:, 1), c(1, :)), count(c > 2000)
    write (*, '(5f8.3)') reshape(c(1:2, 1:5), [10])
    hash = 1
    do i = 1, size(numbers)
        hash = mod(hash*48271_int64, 2147483647_int64)
        numbers(i) = int(mod(hash, 10000_int64))
    end do
    write (*, *) minval(numbers), maxval(numbers), sum(numbers), maxloc(numbers), any(numbers == 7), all(numbers >= 0)
    z = cmplx(1, -2, 8)
    write (*, '(2f12.6, a, 2f12.6, a, l2, b10, z6, o6)') z*z, ' ', 1/z, ' ', .true., 37, 255, 8
    allocate (thing, source=square(name='a square', side=1.5d0))
    write (*, *) thing%name, thing%area(), ackermann(2, 9)
    open (10, file='data.txt', status='replace', action='readwrite')
    do i = 1, 50
        write (10, '(i4, 1x, f9.4, 1x, a)') i, sqrt(real(i, 8)), repeat('x', mod(i, 5))
    end do
    rewind (10)
    do
        read (10, '(a)', iostat=status) line
        if (status /= 0) exit
        read (line, *) j
    end do
    write (*, *) j, status == -1
    close (10, status='delete')
    open (11, file='data.bin', form='unformatted', access='direct', recl=8)
    do i = 1, 20
        write (11, rec=i) real(i, 8)
    end do
    read (11, rec=7) a(1, 1)
    close (11)
    open (12, status='scratch')
    line = 'in a namelist'
    write (12, nml=settings)
    rewind (12)
    n = 0
    read (12, nml=settings)
    write (*, '(f6.1, i4, 1x, a)') a(1, 1), n, trim(line)
    read (*, *, iostat=status) i
    write (*, *) status == -1
    open (13, file='/none/file', status='old', iostat=status, iomsg=message)
    write (*, *) status /= 0, trim(message)
    flush (output_unit)
    deallocate (a)
    error stop 3
end program
